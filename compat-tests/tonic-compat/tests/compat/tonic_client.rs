//! First direction: a client that tonic generated runs over our channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use meshrpc::{
    CallContext, CallRequest, CallResponse, Channel, Code, Interceptor, MethodKind, Next, Status,
};
use tonic::codec::CompressionEncoding;
use tonic_compat::contracts::compat::v1::echo_service::{ECHO_SERVICE, EchoServiceServer};
use tonic_compat::tonic_contracts::SayRequest;
use tonic_compat::tonic_contracts::echo_service_client::EchoServiceClient;
use tonic_compat::tonic_contracts::echo_service_server;
use tonic_compat::{ours, theirs};

use crate::{drive, servers};

fn say(text: &str) -> SayRequest {
    SayRequest {
        text: text.to_owned(),
        times: 0,
    }
}

#[tokio::test]
async fn all_kinds_against_our_server() {
    let server =
        servers::ours(|server| server.add_service(EchoServiceServer::new(ours::Echo))).await;
    let channel = server.our_channel().await;
    drive::their_client(EchoServiceClient::new(channel.clone()), true).await;
    let described = channel.describe(&ECHO_SERVICE);
    drive::their_client(EchoServiceClient::new(described), true).await;
}

#[tokio::test]
async fn all_kinds_against_tonics_server() {
    let server = servers::theirs(|mut server| {
        server.add_service(echo_service_server::EchoServiceServer::new(theirs::Echo))
    })
    .await;
    let channel = server.our_channel().await;
    drive::their_client(EchoServiceClient::new(channel.clone()), false).await;
    let described = channel.describe(&ECHO_SERVICE);
    drive::their_client(EchoServiceClient::new(described), false).await;
}

#[tokio::test]
async fn all_kinds_against_a_mock_without_a_socket() {
    let channel = Channel::from_call(EchoServiceServer::new(ours::Echo));
    drive::their_client(EchoServiceClient::new(channel), true).await;
}

#[tokio::test]
async fn what_tonics_client_compresses_is_compressed_on_the_wire() {
    #[derive(Clone, Default)]
    struct Seen(Arc<AtomicUsize>);
    impl Interceptor for Seen {
        async fn intercept(
            &self,
            request: CallRequest,
            next: Next<'_>,
        ) -> Result<CallResponse, Status> {
            let mut request = request;
            // The first message tells; the rest would, too.
            if let meshrpc::Messages::One(payload, _) = &request.messages {
                let compressed = usize::from(payload.was_compressed());
                self.0.fetch_add(compressed, Ordering::Relaxed);
            }
            request.metadata.remove("x-unused");
            next.run(request).await
        }
    }
    let seen = Seen::default();
    let server = servers::ours(|server| {
        let service = EchoServiceServer::new(ours::Echo)
            .send_compressed(meshrpc::codec::Encoding::Gzip)
            .intercept(seen.clone());
        server.add_service(service)
    })
    .await;
    let channel = server.our_channel().await;
    let mut client = EchoServiceClient::new(channel)
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let long = "x".repeat(100_000);
    let response = client.say(say(&long)).await.unwrap();
    assert_eq!(response.get_ref().text, long);
    assert_eq!(seen.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_deadline_that_is_inherited_holds_for_tonics_client() {
    let server =
        servers::ours(|server| server.add_service(EchoServiceServer::new(ours::Echo))).await;
    let mut client = EchoServiceClient::new(server.our_channel().await);
    let context = CallContext::detached().with_timeout(Duration::from_millis(100));
    let status = context
        .scope(async { client.say(say("wait")).await.unwrap_err() })
        .await;
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    let told = client.say(say("deadline")).await.unwrap();
    assert_eq!(told.get_ref().text, "false");
}

#[tokio::test]
async fn interceptors_see_the_contract_of_a_described_service() {
    #[derive(Clone, Default)]
    struct Kinds(Arc<std::sync::Mutex<Vec<(MethodKind, bool)>>>);
    impl Interceptor for Kinds {
        async fn intercept(
            &self,
            request: CallRequest,
            next: Next<'_>,
        ) -> Result<CallResponse, Status> {
            let spec = &request.spec;
            let seen = (spec.kind(), spec.idempotency().is_repeatable());
            self.0.lock().unwrap().push(seen);
            next.run(request).await
        }
    }
    let kinds = Kinds::default();
    let server =
        servers::ours(|server| server.add_service(EchoServiceServer::new(ours::Echo))).await;
    let channel = Channel::builder(server.target()).intercept(kinds.clone());
    let channel = channel.connect_lazy().unwrap();
    let mut plain = EchoServiceClient::new(channel.clone());
    plain.say(say("x")).await.unwrap();
    let mut described = EchoServiceClient::new(channel.describe(&ECHO_SERVICE));
    described.say(say("x")).await.unwrap();
    let kinds = kinds.0.lock().unwrap().clone();
    assert_eq!(
        kinds,
        [
            (MethodKind::BidiStreaming, false),
            (MethodKind::Unary, true)
        ]
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let channel = Channel::connect_lazy("http://127.0.0.1:1").unwrap();
    let status = EchoServiceClient::new(channel).say(say("x")).await;
    assert_eq!(status.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_status_keeps_its_message_over_our_channel() {
    let server = servers::ours(|server| server).await;
    let mut client = EchoServiceClient::new(server.our_channel().await);
    let status = client.say(say("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("EchoService"), "{status}");
}
