//! Bytes that are no HTTP/2.

use meshrpc::{Channel, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::raw::{BLOCK, END_HEADERS, PREFACE, Raw, SETTINGS, frame, headers, kinds, serve};
use crate::support::{self, echo_service::EchoServiceClient, note};

const GOAWAY: u8 = 7;

#[tokio::test]
async fn garbage_on_the_port_ends_its_own_connection_only() {
    let server = support::serve().await;
    let address = server.target.trim_start_matches("http://").to_owned();
    let channel = Channel::connect(&server.target).await.unwrap();
    let client = EchoServiceClient::new(channel);
    let call = tokio::spawn(client.say(note("before")));
    for garbage in [
        &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        &[0xff; 4096],
        &[0; 64],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand then nonsense in place of frames",
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut rest = Vec::new();
        // However it ends, it ends.
        let _ = stream.read_to_end(&mut rest).await;
        client.say(note("between")).await.unwrap();
    }
    call.await.unwrap().unwrap();
}

/// With the connection's task polled again after its error, this hangs: `h2` tells the error
/// each time that it is asked.
#[tokio::test]
async fn a_connection_that_broke_the_protocol_is_over() {
    let connector = serve(Limits::default());
    for breach in [
        frame(0, 0, 0, b"data on stream 0"),
        frame(9, END_HEADERS, 1, b"a continuation of nothing"),
        headers(2, END_HEADERS, BLOCK),
        frame(4, 0, 0, b"five!"),
        headers(1, END_HEADERS, &[0xff; 20]),
    ] {
        let mut raw = Raw::connect(&connector).await;
        raw.write(&[PREFACE, SETTINGS, &breach].concat()).await;
        let answer = raw.read_to_end().await;
        assert_eq!(kinds(&answer).last(), Some(&GOAWAY), "{breach:?}");
    }
}

#[tokio::test]
async fn a_frame_cut_short_ends_its_call_and_nobody_elses() {
    let connector = serve(Limits::default());
    let channel = Channel::builder("passthrough:whole")
        .connector(connector.clone())
        .connect()
        .await
        .unwrap();
    let client = EchoServiceClient::new(channel);
    for cut in [
        &frame(0, 0, 1, &[0; 100])[..50],
        &frame(9, 0, 1, &[0; 100])[..5],
    ] {
        let mut raw = Raw::connect(&connector).await;
        let head = headers(1, END_HEADERS, BLOCK);
        raw.write(&[PREFACE, SETTINGS, &head, cut].concat()).await;
        raw.wait_for(4).await;
        drop(raw);
        client.say(note("whole")).await.unwrap();
    }
}
