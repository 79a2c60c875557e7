//! A channel to a mock: no socket, and yet all that a server puts around its services.

use std::time::Duration;

use meshrpc::{
    Call, CallContext, CallFuture, CallRequest, CallResponse, Channel, Code, Interceptor, Next,
    Receiver, Request, Response, Sender, Status,
};

use crate::support::echo_service::{EchoService, EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, Note, note};

fn mock() -> EchoServiceClient {
    EchoServiceClient::new(Channel::from_call(EchoServiceServer::new(Echo)))
}

#[tokio::test]
async fn all_kinds_are_answered() {
    let client = mock();
    let response = client.say(note("x")).metadata("x-key", "v").await.unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "v");
    let request = Note {
        text: "n".to_owned(),
        number: 1_000,
    };
    let mut notes = client.count(request).await.unwrap().into_inner();
    let mut count = 0;
    while notes.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 1_000);
    assert_eq!(notes.trailers().unwrap().get("x-trailing").unwrap(), "done");
    let all = tokio_stream::iter(["a", "b"].map(note));
    let all = client.collect().send_all(all).await.unwrap();
    assert_eq!(all.get_ref().text, "ab");
    let (mut sender, reply) = client.chat().start();
    sender.send(note("a")).await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "a");
    sender.send(note("quit")).await.unwrap();
    let status = notes.message().await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_holds_and_the_handler_knows_it() {
    let client = mock();
    let call = client.say(note("sleep")).timeout(Duration::from_secs(1));
    assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
    let call = client.say(note("deadline")).timeout(Duration::from_secs(1));
    assert_eq!(call.await.unwrap().get_ref().number, 1_000);
    let request = Note {
        text: "hang".to_owned(),
        number: 1,
    };
    let call = client.count(request).timeout(Duration::from_secs(1));
    let mut notes = call.await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    let status = notes.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_panic_is_a_status() {
    let client = mock();
    let status = client.say(note("panic")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    let request = Note {
        text: "panic".to_owned(),
        number: 1,
    };
    let mut notes = client.count(request).await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    assert_eq!(notes.message().await.unwrap_err().code(), Code::Unknown);
}

/// Answers with what its context says.
struct Asking;

impl EchoService for Asking {
    async fn say(&self, _: Request<Note>) -> Result<Response<Note>, Status> {
        let context = CallContext::current();
        let spec = context.spec().map(|spec| spec.full_name().to_owned());
        Ok(Response::new(Note {
            text: spec.unwrap_or_default(),
            number: i32::from(
                context
                    .peer()
                    .is_some_and(|peer| peer.remote_addr.is_some()),
            ),
        }))
    }
    async fn count(&self, _: Request<Note>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(Status::unimplemented(""))
    }
    async fn collect(&self, _: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn chat(&self, _: Request<Receiver<Note>>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(Status::unimplemented(""))
    }
}

#[tokio::test]
async fn the_handlers_context_is_its_own() {
    let client = EchoServiceClient::new(Channel::from_call(EchoServiceServer::new(Asking)));
    let told = client.say(note("")).await.unwrap().into_inner();
    assert_eq!(told.text, "mesh.test.v1.EchoService/Say");
    assert_eq!(told.number, 0);
}

#[tokio::test]
async fn a_services_interceptors_hold() {
    struct Refuse;
    impl Interceptor for Refuse {
        async fn intercept(&self, _: CallRequest, _: Next<'_>) -> Result<CallResponse, Status> {
            Err(Status::permission_denied("no"))
        }
    }
    let server = EchoServiceServer::new(Echo).intercept(Refuse);
    let client = EchoServiceClient::new(Channel::from_call(server));
    let status = client.say(note("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_holds_for_a_call_that_watches_none() {
    struct Never;
    impl Call for Never {
        fn call(&self, _: CallRequest) -> CallFuture {
            Box::pin(std::future::pending())
        }
    }
    let client = EchoServiceClient::new(Channel::from_call(Never));
    let call = client.say(note("x")).timeout(Duration::from_secs(1));
    assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
}
