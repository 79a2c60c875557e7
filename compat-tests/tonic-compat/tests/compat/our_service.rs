//! Third direction: our services run on tonic's server.

use std::time::Duration;

use meshrpc::Code;
use tonic_compat::contracts::compat::v1::SayRequest;
use tonic_compat::contracts::compat::v1::echo_service::{EchoServiceClient, EchoServiceServer};
use tonic_compat::ours::Echo;
use tonic_compat::tonic_contracts::echo_service_client;

use crate::{drive, servers};

async fn on_tonic() -> servers::Running {
    let service = EchoServiceServer::new(Echo).into_http();
    servers::theirs(|mut server| server.add_service(service)).await
}

fn say(text: &str) -> SayRequest {
    SayRequest {
        text: text.to_owned(),
        times: 0,
    }
}

#[tokio::test]
async fn all_kinds_from_our_client() {
    let server = on_tonic().await;
    drive::our_client(&EchoServiceClient::new(server.our_channel().await), true).await;
}

#[tokio::test]
async fn all_kinds_from_tonics_client() {
    let server = on_tonic().await;
    let channel = server.tonic_channel().await;
    let client = echo_service_client::EchoServiceClient::new(channel);
    drive::their_client(client, true).await;
}

#[tokio::test]
async fn what_belongs_to_the_service_holds_there() {
    let server = on_tonic().await;
    let client = EchoServiceClient::new(server.our_channel().await);
    let who = client.say(say("who")).await.unwrap().into_inner().text;
    assert!(who.starts_with("Some(127.0.0.1:"), "{who}");
    let call = client.say(say("deadline")).timeout(Duration::from_secs(60));
    assert_eq!(call.await.unwrap().get_ref().text, "true");
    let status = client.say(say("panic")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    assert!(status.message().contains("panicked"), "{status}");
}
