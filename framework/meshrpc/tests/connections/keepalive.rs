//! Peers that are gone without a word.

use std::time::Duration;

use meshrpc::client::KeepaliveOptions;
use meshrpc::{Channel, Code, Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::pipes::{Answer, Network};
use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, note, serve_with};

const HOUR: Duration = Duration::from_secs(3600);

/// A client over a network that answers in this way first, and serves from then on.
fn client(first: Answer, keepalive: KeepaliveOptions) -> (EchoServiceClient, Network) {
    let network = Network::new([first, Answer::Serve]);
    let mut limits = Limits::default();
    limits.idle_timeout = HOUR * 24;
    let builder = Channel::builder("passthrough:orders")
        .connector(network.clone())
        .limits(limits)
        .keepalive(keepalive);
    let channel = builder.connect_lazy().unwrap();
    (EchoServiceClient::new(channel), network)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_is_noticed_and_left() {
    let keepalive = KeepaliveOptions::every(Duration::from_secs(30));
    let (client, network) = client(Answer::Freeze, keepalive);
    let before = Instant::now();
    let status = client.say(note("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("keepalive ping"), "{status:?}");
    let noticed = before.elapsed().as_secs();
    assert!(
        (50..=51).contains(&noticed),
        "after {noticed} s instead of 30 + 20"
    );
    client.say(note("x")).await.unwrap();
    assert_eq!(network.attempts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn pings_are_not_sent_more_often_than_every_ten_seconds() {
    let keepalive = KeepaliveOptions::every(Duration::from_secs(1));
    let (client, _) = client(Answer::Freeze, keepalive);
    let before = Instant::now();
    client.say(note("x")).await.unwrap_err();
    let noticed = before.elapsed().as_secs();
    assert!(
        (30..=31).contains(&noticed),
        "after {noticed} s instead of 10 + 20"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_pings_is_left_alone() {
    let keepalive = KeepaliveOptions::every(Duration::from_secs(10));
    let (client, network) = client(Answer::Serve, keepalive);
    let (mut sender, reply) = client.chat().start();
    sender.send(note("long")).await.unwrap();
    tokio::time::sleep(HOUR).await;
    sender.finish().await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "long");
    assert_eq!(network.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_calls_pings_are_sent_only_when_asked_for() {
    let quiet = KeepaliveOptions::every(Duration::from_secs(10));
    let (client, network) = client_connected(quiet).await;
    tokio::time::sleep(HOUR).await;
    // Not noticed until there is a call, and then at once: the time has long been exceeded.
    let before = Instant::now();
    client.say(note("x")).await.unwrap_err();
    let noticed = before.elapsed().as_secs();
    assert!(
        (20..=21).contains(&noticed),
        "after {noticed} s instead of 20"
    );
    assert_eq!(network.attempts().len(), 1);

    let mut eager = quiet;
    eager.without_calls = true;
    let (client, network) = client_connected(eager).await;
    tokio::time::sleep(HOUR).await;
    client.say(note("x")).await.unwrap();
    assert_eq!(network.attempts().len(), 2);
}

/// A client that is connected to a server that is gone.
async fn client_connected(keepalive: KeepaliveOptions) -> (EchoServiceClient, Network) {
    let network = Network::new([Answer::Freeze, Answer::Serve]);
    let mut limits = Limits::default();
    limits.idle_timeout = HOUR * 24;
    let builder = Channel::builder("passthrough:orders")
        .connector(network.clone())
        .limits(limits)
        .keepalive(keepalive);
    let channel = builder.connect().await.unwrap();
    (EchoServiceClient::new(channel), network)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_complains_about_pings_is_pinged_half_as_often() {
    let network = Network::new([Answer::Complain, Answer::Freeze]);
    let builder = Channel::builder("passthrough:orders")
        .connector(network.clone())
        .keepalive(KeepaliveOptions::every(Duration::from_secs(10)));
    let client = EchoServiceClient::new(builder.connect().await.unwrap());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = Instant::now();
    client.say(note("x")).await.unwrap_err();
    let noticed = before.elapsed().as_secs();
    assert!(
        (40..=41).contains(&noticed),
        "after {noticed} s instead of 20 + 20"
    );
    assert_eq!(network.attempts().len(), 2);
}

#[tokio::test]
async fn a_client_that_is_gone_is_pinged_and_then_dropped_by_the_server() {
    let mut limits = Limits::default();
    limits.server_keepalive_time = Duration::from_millis(50);
    limits.server_keepalive_timeout = Duration::from_millis(50);
    let server = serve_with(|s| s.limits(limits).add_service(EchoServiceServer::new(Echo))).await;
    let address = server.target.trim_start_matches("http://");
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut all = Vec::new();
    // The server closes, or resets because of what it has not read.
    let _ = socket.read_to_end(&mut all).await;
    // PING: eight bytes, type 6, no flags, stream 0.
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0];
    assert!(all.windows(9).any(|w| w == ping), "no ping in {all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_is_kept() {
    let server = Server::builder().add_service(EchoServiceServer::new(Echo));
    let server = meshrpc::testing::serve(server).unwrap();
    let client = EchoServiceClient::new(server.channel());
    // Hours longer than the server waits for a silent client.
    let call = client.say(note("sleep")).timeout(HOUR * 3);
    let status = call.await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
}
