//! Stopping loses nothing that was accepted.

use std::time::Duration;

use meshrpc::{Channel, Code, Limits, Server, testing};
use tokio::sync::oneshot;

use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{self, Echo, Note, note};

fn hang(number: i32) -> Note {
    Note {
        text: "hang".to_owned(),
        number,
    }
}

#[tokio::test]
async fn streams_under_way_are_finished_before_the_server_ends() {
    let server = support::serve().await;
    let channel = Channel::connect(&server.target).await.unwrap();
    let client = EchoServiceClient::new(channel);
    let (mut sender, reply) = client.chat().start();
    sender.send(note("before")).await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();

    let shutdown = tokio::spawn(server.shutdown());
    for turn in 0..100 {
        sender.send(note("during")).await.unwrap();
        assert_eq!(
            notes.message().await.unwrap().unwrap().text,
            "during",
            "turn {turn}"
        );
        assert!(!shutdown.is_finished());
    }
    sender.finish().await.unwrap();
    assert!(notes.message().await.unwrap().is_none());
    shutdown.await.unwrap();
}

/// Calls from many tasks while one of two servers goes away: none is lost, for those that it
/// had not accepted go to the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_lost_when_one_of_two_servers_stops() {
    let servers = [support::serve().await, support::serve().await];
    let addresses =
        [0, 1].map(|i: usize| servers[i].target.trim_start_matches("http://").to_owned());
    let channel = Channel::connect(format!("ipv4:{}", addresses.join(",")))
        .await
        .unwrap();
    let client = EchoServiceClient::new(channel);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers = [(); 16].map(|()| {
        let (client, stopped) = (client.clone(), stopped.clone());
        tokio::spawn(async move {
            let mut calls = 0;
            while !*stopped.borrow() {
                client.say(note("lost?")).await.unwrap();
                calls += 1;
            }
            calls
        })
    });
    client.say(note("up")).await.unwrap();
    let [first, second] = servers;
    first.shutdown().await;
    for _ in 0..50 {
        client.say(note("on the second server")).await.unwrap();
    }
    stop.send(true).unwrap();
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
    second.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_grace_ends_with_unavailable_draining() {
    let mut limits = Limits::default();
    limits.drain_grace = Duration::from_secs(9);
    let server = testing::serve(
        Server::builder()
            .limits(limits)
            .add_service(EchoServiceServer::new(Echo)),
    )
    .unwrap();
    let client = EchoServiceClient::new(server.channel());
    let mut notes = client.count(hang(1)).await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    let unary = tokio::spawn(client.say(note("sleep")));
    tokio::task::yield_now().await;

    let start = tokio::time::Instant::now();
    let shutdown = tokio::spawn(server.shutdown());
    for status in [
        notes.message().await.unwrap_err(),
        unary.await.unwrap().unwrap_err(),
    ] {
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        assert!(status.message().contains("draining"), "{status:?}");
        assert!(status.message().contains("drain_grace"), "{status:?}");
    }
    assert_eq!(start.elapsed().as_secs(), 9);
    shutdown.await.unwrap();
    assert!(start.elapsed().as_secs() <= 10);
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_does_not_hold_up_the_end() {
    let server = support::serve().await;
    let address = server.target.trim_start_matches("http://").to_owned();
    let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let start = tokio::time::Instant::now();
    server.shutdown().await;
    assert!(
        start.elapsed() <= Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_server_without_calls_ends_at_once_and_frees_its_port() {
    let server = support::serve().await;
    let address = server.target.trim_start_matches("http://").to_owned();
    let channel = Channel::connect(&server.target).await.unwrap();
    server.shutdown().await;
    let (stop, stopped) = oneshot::channel::<()>();
    drop(stop);
    Server::builder()
        .serve_with_shutdown(address.as_str(), async {
            let _ = stopped.await;
        })
        .await
        .unwrap();
    drop(channel);
}
