//! Second direction: services that tonic generated run on our server.

use std::time::Duration;

use meshrpc::server::Mounted;
use meshrpc::{CallRequest, CallResponse, Code, Interceptor, Next, Status};
use tonic_compat::contracts::compat::v1::SayRequest;
use tonic_compat::contracts::compat::v1::echo_service::EchoServiceClient;
use tonic_compat::tonic_contracts::echo_service_client;
use tonic_compat::tonic_contracts::echo_service_server::EchoServiceServer;
use tonic_compat::{theirs, tonic_contracts};

use crate::{drive, servers};

fn say(text: &str) -> SayRequest {
    SayRequest {
        text: text.to_owned(),
        times: 0,
    }
}

async fn mounted() -> servers::Running {
    servers::ours(|server| server.mount(EchoServiceServer::new(theirs::Echo))).await
}

#[tokio::test]
async fn all_kinds_from_our_client() {
    let server = mounted().await;
    drive::our_client(&EchoServiceClient::new(server.our_channel().await), false).await;
}

#[tokio::test]
async fn all_kinds_from_tonics_client() {
    let server = mounted().await;
    let channel = server.tonic_channel().await;
    let client = echo_service_client::EchoServiceClient::new(channel);
    drive::their_client(client, false).await;
}

#[tokio::test]
async fn tonics_request_knows_who_called_and_the_context_is_current() {
    let server = mounted().await;
    let client = EchoServiceClient::new(server.our_channel().await);
    let who = client.say(say("who")).await.unwrap().into_inner().text;
    assert!(who.starts_with("Some(127.0.0.1:"), "{who}");
    let call = client.say(say("deadline")).timeout(Duration::from_secs(60));
    assert_eq!(call.await.unwrap().get_ref().text, "true");
}

#[tokio::test]
async fn a_panic_in_it_ends_its_call_and_nothing_else() {
    let server = mounted().await;
    let client = EchoServiceClient::new(server.our_channel().await);
    let status = client.say(say("panic")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status}");
    assert!(client.say(say("x")).await.is_ok());
}

#[tokio::test]
async fn the_servers_interceptors_and_the_mounts_options_hold_for_it() {
    struct Refuse(&'static str);
    impl Interceptor for Refuse {
        async fn intercept(
            &self,
            request: CallRequest,
            next: Next<'_>,
        ) -> Result<CallResponse, Status> {
            match request.metadata.get("x-refuse") {
                Some(who) if who == self.0 => Err(Status::permission_denied(self.0)),
                _ => next.run(request).await,
            }
        }
    }
    let server = servers::ours(|server| {
        let service = Mounted::new(EchoServiceServer::new(theirs::Echo))
            .intercept(Refuse("mount"))
            .send_compressed(meshrpc::codec::Encoding::Gzip)
            .max_receive_message_size(1_000);
        server.intercept(Refuse("server")).add_service(service)
    })
    .await;
    let client = EchoServiceClient::new(server.our_channel().await);
    for who in ["server", "mount"] {
        let call = client.say(say("x")).metadata("x-refuse", who);
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        assert_eq!(status.message(), who);
    }
    let text = "x".repeat(900);
    let response = client.say(say(&text)).await.unwrap();
    let compressed = response.extensions().get::<meshrpc::codec::Compressed>();
    assert!(compressed.is_some());
    let status = client.say(say(&"x".repeat(1_100))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
}

#[tokio::test]
async fn an_unknown_method_of_it_is_unimplemented() {
    let server = mounted().await;
    let mut grpc = tonic::client::Grpc::new(server.tonic_channel().await);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/compat.v1.EchoService/Sing");
    let codec = tonic_prost::ProstCodec::<(), ()>::new();
    let call = grpc.unary(tonic::Request::new(()), path, codec);
    assert_eq!(call.await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn tonics_health_and_reflection_mount() {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_serving::<EchoServiceServer<theirs::Echo>>()
        .await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_contracts::DESCRIPTORS)
        .build_v1()
        .unwrap();
    let server = servers::ours(|server| {
        server
            .mount(EchoServiceServer::new(theirs::Echo))
            .mount(health)
            .mount(reflection)
    })
    .await;
    let channel = server.our_channel().await;

    let health = meshrpc::health::HealthClient::new(channel.clone());
    let request = || meshrpc::health::HealthCheckRequest {
        service: "compat.v1.EchoService".to_owned(),
    };
    let status = health.check(request()).await.unwrap().into_inner().status();
    assert_eq!(status, meshrpc::health::ServingStatus::Serving);
    let mut watch = health.watch(request()).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();

    let names = services(channel).await;
    assert!(
        names.contains(&"compat.v1.EchoService".to_owned()),
        "{names:?}"
    );
}

#[tokio::test]
async fn our_reflection_describes_it_when_it_has_its_descriptors() {
    let server = servers::ours(|server| {
        let reflection =
            meshrpc::reflection::Reflection::v1().descriptors(tonic_contracts::DESCRIPTORS);
        server
            .mount(EchoServiceServer::new(theirs::Echo))
            .add_service(reflection)
    })
    .await;
    let names = services(server.our_channel().await).await;
    let expected = [
        "compat.v1.EchoService",
        "grpc.reflection.v1.ServerReflection",
    ];
    assert_eq!(names, expected);
}

/// What reflection lists.
async fn services(channel: meshrpc::Channel) -> Vec<String> {
    use meshrpc::contracts::grpc::reflection::v1::server_reflection_request::MessageRequest;
    use meshrpc::contracts::grpc::reflection::v1::server_reflection_response::MessageResponse;
    use meshrpc::contracts::grpc::reflection::v1::{
        ServerReflectionRequest, server_reflection_service::ServerReflectionClient,
    };

    let client = ServerReflectionClient::new(channel);
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let requests = tokio_stream::iter([request]);
    let answers = client.server_reflection_info().send_all(requests).await;
    let answer = answers.unwrap().into_inner().message().await;
    match answer.unwrap().unwrap().message_response {
        Some(MessageResponse::ListServicesResponse(list)) => list
            .service
            .into_iter()
            .map(|service| service.name)
            .collect(),
        other => panic!("{other:?}"),
    }
}
