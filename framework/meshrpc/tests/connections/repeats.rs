//! Calls that the server has not seen are sent again; others are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use h2::Reason;
use meshrpc::{Channel, Code, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::raw;
use crate::support::echo_service::EchoServiceClient;
use crate::support::note;

#[tokio::test]
async fn after_a_goaway_new_calls_go_to_a_new_connection() {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        let mut first = raw::accept(&listener).await;
        raw::stream(&mut first).await.unwrap().echo().await;
        first.graceful_shutdown();
        assert!(raw::stream(&mut first).await.is_none());
        let mut second = raw::accept(&listener).await;
        raw::serve(&mut second).await
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    client.say(note("one")).await.unwrap();
    for _ in 0..10 {
        client.say(note("two")).await.unwrap();
    }
    drop(client);
    assert_eq!(server.await.unwrap(), 10);
}

#[tokio::test]
async fn a_call_under_way_is_finished_on_the_connection_that_goes_away() {
    let (listener, target) = raw::listen().await;
    let (told, going) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let mut first = raw::accept(&listener).await;
        let held = raw::stream(&mut first).await.unwrap();
        first.graceful_shutdown();
        tokio::spawn(async move {
            released.await.unwrap();
            held.echo().await;
        });
        let old = tokio::spawn(async move { raw::stream(&mut first).await.is_none() });
        told.send(()).unwrap();
        let mut second = raw::accept(&listener).await;
        raw::stream(&mut second).await.unwrap().echo().await;
        let more = tokio::spawn(async move { raw::serve(&mut second).await });
        assert!(old.await.unwrap(), "the old connection took another call");
        more.await.unwrap()
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let held = tokio::spawn(client.say(note("held")));
    going.await.unwrap();
    client.say(note("new")).await.unwrap();
    release.send(()).unwrap();
    assert_eq!(held.await.unwrap().unwrap().get_ref().text, "held");
    drop(client);
    assert_eq!(server.await.unwrap(), 0);
}

#[tokio::test]
async fn a_call_that_a_goaway_does_not_cover_is_sent_again() {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        // By hand, for `h2` never disowns what it has read: SETTINGS, then GOAWAY with last id 0.
        let (mut socket, _) = listener.accept().await.unwrap();
        socket
            .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
            .await
            .unwrap();
        let (mut got, mut all) = ([0; 1024], Vec::new());
        // HEADERS of stream 1: type 1, then flags, then the id.
        let headers = |w: &[u8]| w[0] == 1 && w[2..] == [0, 0, 0, 1];
        while !all.windows(6).any(headers) {
            let n = socket.read(&mut got).await.unwrap();
            assert_ne!(n, 0, "the client never sent its request");
            all.extend_from_slice(&got[..n]);
        }
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        socket.write_all(&goaway).await.unwrap();
        let mut second = raw::accept(&listener).await;
        raw::serve(&mut second).await
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let answer = client.say(note("again")).await.unwrap();
    assert_eq!(answer.get_ref().text, "again");
    drop(client);
    assert_eq!(server.await.unwrap(), 1);
}

/// A server that refuses the first `refusals` streams; it counts the streams.
async fn refusing(refusals: usize) -> (String, tokio::task::JoinHandle<usize>) {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        let mut streams = 0;
        while let Some(mut stream) = raw::stream(&mut connection).await {
            streams += 1;
            if streams <= refusals {
                stream.respond.send_reset(Reason::REFUSED_STREAM);
            } else {
                tokio::spawn(stream.echo());
            }
        }
        streams
    });
    (target, server)
}

#[tokio::test]
async fn a_refused_call_is_sent_once_more() {
    let (target, server) = refusing(1).await;
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let call = client.say(note("again")).metadata("x-key", "v");
    assert_eq!(call.await.unwrap().get_ref().text, "again");
    drop(client);
    assert_eq!(server.await.unwrap(), 2);
}

#[tokio::test]
async fn a_call_that_is_refused_twice_fails() {
    let (target, server) = refusing(usize::MAX).await;
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let status = client.say(note("again")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("REFUSED_STREAM"), "{status:?}");
    drop(client);
    assert_eq!(server.await.unwrap(), 2);
}

#[tokio::test]
async fn a_refused_stream_of_requests_is_sent_again_while_nothing_was_taken_from_it() {
    let (listener, target) = raw::listen().await;
    let (refused, again) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        let mut first = raw::stream(&mut connection).await.unwrap();
        first.respond.send_reset(Reason::REFUSED_STREAM);
        let second = raw::stream(&mut connection).await.unwrap();
        refused.send(()).unwrap();
        tokio::spawn(second.echo());
        raw::serve(&mut connection).await
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let (mut sender, reply) = client.collect().start();
    again.await.unwrap();
    sender.send(note("late")).await.unwrap();
    sender.finish().await.unwrap();
    assert_eq!(reply.await.unwrap().get_ref().text, "late");
    drop(client);
    assert_eq!(server.await.unwrap(), 0);
}

#[tokio::test]
async fn a_stream_of_requests_is_not_sent_again_once_messages_were_taken() {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        let mut streams = 0;
        while let Some(mut stream) = raw::stream(&mut connection).await {
            streams += 1;
            tokio::spawn(async move {
                let first = stream.request.body_mut().data().await;
                assert!(first.is_some());
                stream.respond.send_reset(Reason::REFUSED_STREAM);
            });
        }
        streams
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let (mut sender, reply) = client.collect().start();
    sender.send(note("taken")).await.unwrap();
    assert_eq!(reply.await.unwrap_err().code(), Code::Unavailable);
    drop((sender, client));
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn a_call_that_the_server_may_have_seen_is_not_sent_again() {
    let (listener, target) = raw::listen().await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let mut connection = raw::accept(&listener).await;
            let stream = raw::stream(&mut connection).await;
            count.fetch_add(1, Ordering::SeqCst);
            // Hangs up without a word.
            drop((stream, connection));
        }
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let status = client.say(note("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

/// A server that allows `max` streams at once.
async fn limited(max: u32) -> (String, tokio::task::JoinHandle<usize>) {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut builder = h2::server::Builder::new();
        let builder = builder.max_concurrent_streams(max);
        let mut connection = builder.handshake(socket).await.unwrap();
        let open = Arc::new(AtomicUsize::new(0));
        let mut most = 0;
        while let Some(stream) = raw::stream(&mut connection).await {
            most = most.max(open.fetch_add(1, Ordering::SeqCst) + 1);
            let open = Arc::clone(&open);
            tokio::spawn(async move {
                // Others get their chance to come too early.
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                open.fetch_sub(1, Ordering::SeqCst);
                stream.echo().await;
            });
        }
        most
    });
    (target, server)
}

#[tokio::test]
async fn calls_beyond_the_servers_limit_of_streams_wait_their_turn() {
    let (target, server) = limited(1).await;
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let calls: Vec<_> = (0..15)
        .map(|n| tokio::spawn(client.say(note(&n.to_string()))))
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap().get_ref().text, n.to_string());
    }
    drop(client);
    assert_eq!(server.await.unwrap(), 1, "streams at once");
}

#[tokio::test]
async fn a_large_message_that_waits_its_turn_is_sent_when_it_comes() {
    let (listener, target) = raw::listen().await;
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut builder = h2::server::Builder::new();
        let builder = builder.max_concurrent_streams(1);
        let mut connection = builder.handshake(socket).await.unwrap();
        let first = raw::stream(&mut connection).await.unwrap();
        tokio::spawn(async move {
            released.await.unwrap();
            first.echo().await;
        });
        raw::serve(&mut connection).await;
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let mut calls = Vec::new();
    for text in ["first", &"x".repeat(500_000), "third"] {
        calls.push(tokio::spawn(client.say(note(text))));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    release.send(()).unwrap();
    for call in calls {
        let wait = std::time::Duration::from_secs(10);
        tokio::time::timeout(wait, call)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn only_so_many_calls_wait_for_a_stream() {
    let (listener, target) = raw::listen().await;
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut builder = h2::server::Builder::new();
        let builder = builder.max_concurrent_streams(1);
        let mut connection = builder.handshake::<_, bytes::Bytes>(socket).await.unwrap();
        let mut held = Vec::new();
        while let Some(stream) = raw::stream(&mut connection).await {
            held.push(stream);
        }
    });
    let mut limits = Limits::default();
    limits.max_queued_calls = 2;
    let builder = Channel::builder(&target).limits(limits);
    let client = EchoServiceClient::new(builder.connect().await.unwrap());
    let mut calls = Vec::new();
    for _ in 0..4 {
        calls.push(tokio::spawn(client.say(note("held"))));
        tokio::task::yield_now().await;
    }
    let status = loop {
        // Until the others have taken their places.
        let call = client
            .say(note("x"))
            .timeout(std::time::Duration::from_millis(20));
        let status = call.await.unwrap_err();
        if status.code() != Code::DeadlineExceeded {
            break status;
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("max_queued_calls"), "{status:?}");
}
