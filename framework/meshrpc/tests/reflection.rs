//! The reflection service, as tools see it.

use meshrpc::contracts::grpc::reflection::v1::server_reflection_request::MessageRequest;
use meshrpc::contracts::grpc::reflection::v1::server_reflection_response::MessageResponse;
use meshrpc::contracts::grpc::reflection::v1::server_reflection_service::ServerReflectionClient;
use meshrpc::contracts::grpc::reflection::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
};
use meshrpc::contracts::grpc::reflection::v1alpha;
use meshrpc::prost::bytes::Bytes;
use meshrpc::prost::{self, Message};
use meshrpc::prost_types::field_descriptor_proto::{Label, Type};
use meshrpc::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};
use meshrpc::reflection::Reflection;
use meshrpc::{Channel, Code, Receiver, Sender};

use crate::support::{Echo, Running, echo_service, serve_with};

/// A file with one of everything, and something that prost-types does not know.
fn zoo() -> Bytes {
    let field = |name: &str, number, extendee: Option<&str>| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(Type::Int32.into()),
        extendee: extendee.map(str::to_owned),
        ..Default::default()
    };
    let colors = |name: &str, value: &str| EnumDescriptorProto {
        name: Some(name.to_owned()),
        value: vec![EnumValueDescriptorProto {
            name: Some(value.to_owned()),
            number: Some(0),
            ..Default::default()
        }],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("zoo.proto".to_owned()),
        package: Some("zoo.v1".to_owned()),
        dependency: vec!["middle.proto".to_owned()],
        message_type: vec![DescriptorProto {
            name: Some("Animal".to_owned()),
            field: vec![field("legs", 1, None)],
            nested_type: vec![DescriptorProto {
                name: Some("Leg".to_owned()),
                field: vec![field("length", 1, None)],
                extension: vec![field("shoe", 101, Some(".zoo.v1.Animal"))],
                ..Default::default()
            }],
            enum_type: vec![colors("Fur", "BROWN")],
            oneof_decl: vec![OneofDescriptorProto {
                name: Some("food".to_owned()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        enum_type: vec![colors("Color", "RED")],
        service: vec![ServiceDescriptorProto {
            name: Some("Keeper".to_owned()),
            method: vec![MethodDescriptorProto {
                name: Some("Feed".to_owned()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        extension: vec![field("hat", 100, Some(".zoo.v1.Animal"))],
        syntax: Some("proto2".to_owned()),
        ..Default::default()
    };
    let mut bytes = file.encode_to_vec();
    // Field 14, the edition, and a private one: both are nothing to prost-types.
    bytes.extend_from_slice(b"\x70\xe8\x07\xfa\x7f\x03abc");
    bytes.into()
}

fn depending(name: &str, dependency: &[&str]) -> Bytes {
    let file = FileDescriptorProto {
        name: Some(name.to_owned()),
        dependency: dependency.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    };
    file.encode_to_vec().into()
}

/// An encoded `FileDescriptorSet`.
fn set(files: &[Bytes]) -> Vec<u8> {
    let mut set = Vec::new();
    for file in files {
        prost::encoding::bytes::encode(1, file, &mut set);
    }
    set
}

fn zoo_set() -> Vec<u8> {
    set(&[
        zoo(),
        depending("middle.proto", &["base.proto"]),
        depending("base.proto", &[]),
    ])
}

struct Asking {
    questions: Sender<ServerReflectionRequest>,
    answers: Receiver<ServerReflectionResponse>,
}

impl Asking {
    async fn of(server: &Running) -> Self {
        let channel = Channel::connect(&server.target).await.unwrap();
        let client = ServerReflectionClient::new(channel);
        let (mut questions, reply) = client.server_reflection_info().start();
        let first = ServerReflectionRequest {
            host: "first".to_owned(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        questions.send(first).await.unwrap();
        let mut answers = reply.await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap();
        Self { questions, answers }
    }

    async fn ask(&mut self, question: MessageRequest) -> Result<MessageResponse, Code> {
        let request = ServerReflectionRequest {
            host: "somewhere".to_owned(),
            message_request: Some(question),
        };
        self.questions.send(request.clone()).await.unwrap();
        let answer = self.answers.message().await.unwrap().unwrap();
        assert_eq!(answer.valid_host, "somewhere");
        assert_eq!(answer.original_request, Some(request));
        match answer.message_response.unwrap() {
            MessageResponse::ErrorResponse(error) => Err(Code::from_i32(error.error_code)),
            answer => Ok(answer),
        }
    }

    async fn files(&mut self, question: MessageRequest) -> Result<Vec<Bytes>, Code> {
        match self.ask(question).await? {
            MessageResponse::FileDescriptorResponse(files) => Ok(files.file_descriptor_proto),
            other => panic!("{other:?}"),
        }
    }
}

fn symbol(name: &str) -> MessageRequest {
    MessageRequest::FileContainingSymbol(name.to_owned())
}

async fn zoo_server() -> Running {
    let reflection = Reflection::v1().descriptors(zoo_set());
    serve_with(|server| server.add_service(reflection)).await
}

#[tokio::test]
async fn the_services_that_are_described_are_listed() {
    let (_, health) = meshrpc::health::service();
    let server = serve_with(|server| {
        server
            .reflection()
            // Its test contract has no descriptors.
            .add_service(echo_service::EchoServiceServer::new(Echo))
            .add_service(health)
    })
    .await;
    let mut asking = Asking::of(&server).await;
    let question = MessageRequest::ListServices("*".to_owned());
    let Ok(MessageResponse::ListServicesResponse(list)) = asking.ask(question).await else {
        panic!("no list");
    };
    let names: Vec<_> = list.service.iter().map(|service| &service.name).collect();
    assert_eq!(
        names,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ]
    );
}

#[tokio::test]
async fn whatever_has_a_name_leads_to_its_file_byte_for_byte() {
    let server = zoo_server().await;
    for name in [
        "zoo.v1.Animal",
        ".zoo.v1.Animal",
        "zoo.v1.Animal.legs",
        "zoo.v1.Animal.Leg",
        "zoo.v1.Animal.Leg.length",
        "zoo.v1.Animal.Leg.shoe",
        "zoo.v1.Animal.Fur",
        "zoo.v1.Animal.BROWN",
        "zoo.v1.Animal.food",
        "zoo.v1.Color",
        "zoo.v1.RED",
        "zoo.v1.Keeper",
        "zoo.v1.Keeper.Feed",
        "zoo.v1.hat",
    ] {
        let mut asking = Asking::of(&server).await;
        let files = asking.files(symbol(name)).await.expect(name);
        assert_eq!(files[0], zoo(), "{name}");
    }
    let mut asking = Asking::of(&server).await;
    for name in ["zoo.v1", "zoo", "", "zoo.v1.Animal.Leg.nothing", "Animal"] {
        let error = asking.files(symbol(name)).await.unwrap_err();
        assert_eq!(error, Code::NotFound, "{name}");
    }
}

#[tokio::test]
async fn a_stream_gets_each_dependency_once() {
    let server = zoo_server().await;
    let mut asking = Asking::of(&server).await;
    let files = asking.files(symbol("zoo.v1.Animal")).await.unwrap();
    assert_eq!(files.len(), 3);
    let files = asking.files(symbol("zoo.v1.Color")).await.unwrap();
    assert_eq!(files, [zoo()]);
    let base = MessageRequest::FileByFilename("base.proto".to_owned());
    let files = asking.files(base).await.unwrap();
    assert_eq!(files, [depending("base.proto", &[])]);
}

#[tokio::test]
async fn extensions_are_found_by_type_and_number() {
    let server = zoo_server().await;
    let mut asking = Asking::of(&server).await;
    let extension = |containing_type: &str, extension_number| {
        MessageRequest::FileContainingExtension(ExtensionRequest {
            containing_type: containing_type.to_owned(),
            extension_number,
        })
    };
    for number in [100, 101] {
        let files = asking.files(extension("zoo.v1.Animal", number)).await;
        assert_eq!(files.unwrap()[0], zoo());
    }
    for question in [extension("zoo.v1.Animal", 102), extension("zoo.v1.X", 100)] {
        assert_eq!(asking.ask(question).await, Err(Code::NotFound));
    }
    for (name, numbers) in [
        ("zoo.v1.Animal", Ok(vec![100, 101])),
        ("zoo.v1.Animal.Leg", Ok(vec![])),
        ("zoo.v1.Nobody", Err(Code::NotFound)),
    ] {
        let question = MessageRequest::AllExtensionNumbersOfType(name.to_owned());
        let answer = asking.ask(question).await.map(|answer| match answer {
            MessageResponse::AllExtensionNumbersResponse(numbers) => numbers.extension_number,
            other => panic!("{other:?}"),
        });
        assert_eq!(answer, numbers, "{name}");
    }
}

#[tokio::test]
async fn a_question_that_is_not_understood_leaves_the_stream_alive() {
    let server = zoo_server().await;
    let mut asking = Asking::of(&server).await;
    let nothing = ServerReflectionRequest::default();
    asking.questions.send(nothing).await.unwrap();
    let answer = asking.answers.message().await.unwrap().unwrap();
    let Some(MessageResponse::ErrorResponse(error)) = answer.message_response else {
        panic!("{answer:?}");
    };
    assert_eq!(Code::from_i32(error.error_code), Code::InvalidArgument);
    assert!(asking.files(symbol("zoo.v1.Color")).await.is_ok());
}

#[tokio::test]
async fn older_tools_are_answered_in_v1alpha() {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;

    let server = serve_with(|server| server.reflection()).await;
    let channel = Channel::connect(&server.target).await.unwrap();
    let client = v1alpha::server_reflection_service::ServerReflectionClient::new(channel);
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let questions = tokio_stream::iter([question]);
    let answers = client.server_reflection_info().send_all(questions).await;
    let mut answers = answers.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}");
    };
    assert_eq!(list.service.len(), 2);
    assert!(answers.message().await.unwrap().is_none());
}

#[tokio::test]
async fn descriptors_that_do_not_parse_spoil_nothing_else() {
    let mut broken = zoo_set();
    broken.extend_from_slice(b"\x0a\x05\x0a\x7f");
    let reflection = Reflection::v1().descriptors(broken);
    let server = serve_with(|server| server.add_service(reflection)).await;
    let mut asking = Asking::of(&server).await;
    let name = "grpc.reflection.v1.ServerReflection";
    assert!(asking.files(symbol(name)).await.is_ok());
}
