//! Time is paused: it jumps to the next timer when nothing else can happen.

use std::time::Duration;

use meshrpc::{Limits, Server, testing};
use tokio::time::{Instant, sleep, timeout};

use super::raw::{BLOCK, END_HEADERS, PREFACE, Raw, SETTINGS, frame, headers, kinds, serve};
use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, Note};

const PING: u8 = 6;
const GOAWAY: u8 = 7;

/// Different from each other and from the defaults.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.preface_timeout = Duration::from_secs(3);
    limits.header_block_timeout = Duration::from_secs(7);
    limits.idle_timeout = Duration::from_secs(60);
    limits
}

/// How long the server lets a connection live on which it got `bytes` and nothing more.
async fn lifetime(bytes: &[u8]) -> (Duration, Vec<u8>) {
    let mut raw = Raw::connect(&serve(limits())).await;
    let start = Instant::now();
    raw.write(bytes).await;
    let answer = raw.read_to_end().await;
    (start.elapsed(), answer)
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_begin_is_let_go() {
    for bytes in [
        &b""[..],
        &PREFACE[..1],
        &PREFACE[..23],
        PREFACE,
        &[PREFACE, &SETTINGS[..8]].concat(),
    ] {
        let (lived, _) = lifetime(bytes).await;
        assert_eq!(lived.as_secs(), 3, "after {bytes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_header_block_ends_its_connection() {
    let split = [
        headers(1, 0, BLOCK),
        frame(9, 0, 1, b""),
        frame(9, 0, 1, b""),
    ]
    .concat();
    let stalled = &headers(1, END_HEADERS, BLOCK)[..10];
    for block in [&split[..], stalled] {
        let (lived, _) = lifetime(&[PREFACE, SETTINGS, block].concat()).await;
        assert_eq!(lived.as_secs(), 7, "after {block:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn drops_of_a_header_block_buy_no_time() {
    let mut raw = Raw::connect(&serve(limits())).await;
    let block = headers(1, END_HEADERS, &[BLOCK, &[0; 97]].concat());
    raw.write(&[PREFACE, SETTINGS, &block[..12]].concat()).await;
    let start = Instant::now();
    while raw.try_write(&[0x40]).await {
        sleep(Duration::from_secs(1)).await;
    }
    assert!((7..=8).contains(&start.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn slow_blocks_that_end_in_time_are_served_however_many() {
    let mut raw = Raw::connect(&serve(limits())).await;
    raw.write(&[PREFACE, SETTINGS].concat()).await;
    for stream in [1, 3, 5, 7] {
        raw.write(&headers(stream, 0x1, BLOCK)).await;
        sleep(Duration::from_secs(5)).await;
        raw.write(&frame(9, END_HEADERS, stream, b"")).await;
        // HEADERS: no gRPC request, so 415; but answered.
        raw.wait_for(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_calls_is_closed_with_a_goodbye() {
    let (lived, answer) = lifetime(&[PREFACE, SETTINGS].concat()).await;
    assert!((60..=63).contains(&lived.as_secs()), "{lived:?}");
    assert!(kinds(&answer).contains(&GOAWAY));
}

#[tokio::test(start_paused = true)]
async fn traffic_without_calls_is_idle_too() {
    let mut raw = Raw::connect(&serve(limits())).await;
    raw.write(&[PREFACE, SETTINGS].concat()).await;
    let start = Instant::now();
    while raw.try_write(&frame(PING, 0, 0, b"12345678")).await {
        sleep(Duration::from_secs(1)).await;
        assert!(start.elapsed() < Duration::from_secs(70), "it lives on");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_silent_for_long_keeps_its_connection() {
    let server = testing::serve(
        Server::builder()
            .limits(limits())
            .add_service(EchoServiceServer::new(Echo)),
    )
    .unwrap();
    let client = EchoServiceClient::new(server.channel());
    let call = client.count(Note {
        text: "hang".to_owned(),
        number: 1,
    });
    let mut notes = call.await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    let silence = timeout(Duration::from_secs(600), notes.message()).await;
    assert!(silence.is_err(), "{silence:?}");
}
