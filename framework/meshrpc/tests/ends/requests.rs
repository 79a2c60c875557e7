//! Requests whose response begins, or ends, before they do.

use std::sync::Arc;
use std::time::Duration;

use h2::Reason;
use http::{HeaderMap, HeaderValue};
use meshrpc::{Code, Limits};
use tokio::sync::{Notify, mpsc};
use tokio_stream::{Stream, StreamExt as _};

use super::{answer_head, channel_to};
use crate::support::echo_service::EchoServiceClient;
use crate::support::{Note, note};
use crate::wire::answerer::{client_of, read_all, serve_raw};
use crate::wire::head::framed_note;
use crate::wire::soon;

fn good() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers
}

/// What is taken of a message at all goes to its end by itself, so another call has taken all the
/// room when this one begins.
#[tokio::test(start_paused = true)]
async fn a_large_message_is_sent_to_its_end_though_the_headers_are_there() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let room = Arc::new(Notify::new());
    let client = client_of(move |request, mut respond| {
        let (tell, room) = (tell.clone(), Arc::clone(&room));
        async move {
            if request.uri().path().ends_with("Collect") {
                room.notified().await;
                read_all(request.into_body()).await;
                return;
            }
            let mut stream = answer_head(&mut respond);
            // Time passes only when nothing else can happen: the client knows the headers.
            tokio::time::sleep(Duration::from_secs(1)).await;
            room.notify_one();
            tell.send(read_all(request.into_body()).await).unwrap();
            stream.send_data(framed_note("x").into(), false).unwrap();
            stream.send_trailers(good()).unwrap();
        }
    });
    let text = "x".repeat(1024 * 1024);
    let whole = framed_note(&text);
    for streams in [false, true] {
        let (mut sender, reply) = client.collect().start();
        soon(sender.send(note(&text))).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        if streams {
            let mut notes = soon(client.count(note(&text))).await.unwrap().into_inner();
            assert!(soon(told.recv()).await.unwrap() == whole, "cut");
            assert!(soon(notes.message()).await.unwrap().is_some());
            assert!(soon(notes.message()).await.unwrap().is_none());
        } else {
            let answer = soon(client.say(note(&text))).await.unwrap();
            assert_eq!(answer.get_ref().text, "x");
            assert!(soon(told.recv()).await.unwrap() == whole, "cut");
        }
        drop((sender, reply));
    }
}

/// A note, and a panic once `gate` is open.
fn panics(gate: &Arc<Notify>) -> impl Stream<Item = Note> + Send + 'static {
    let gate = Arc::clone(gate);
    tokio_stream::iter([false, true]).then(move |panics| {
        let gate = Arc::clone(&gate);
        async move {
            if panics {
                gate.notified().await;
                panic!("the stream's own");
            }
            note("x")
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_stream_of_requests_cancels_the_call_on_both_sides() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let client = client_of(move |request, mut respond| {
        let tell = tell.clone();
        async move {
            let reset = if request.uri().path().ends_with("Chat") {
                let mut stream = answer_head(&mut respond);
                std::future::poll_fn(|cx| stream.poll_reset(cx)).await
            } else {
                std::future::poll_fn(|cx| respond.poll_reset(cx)).await
            };
            tell.send(reset.unwrap()).unwrap();
            drop(request);
        }
    });

    // Before the headers.
    let gate = Arc::new(Notify::new());
    gate.notify_one();
    let call = client.collect().send_all(panics(&gate));
    let status = soon(call).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status:?}");
    assert!(status.message().contains("panicked"), "{status:?}");
    assert_eq!(soon(told.recv()).await, Some(Reason::CANCEL));

    // Behind them.
    let call = client.chat().send_all(panics(&gate));
    let mut notes = soon(call).await.unwrap().into_inner();
    gate.notify_one();
    let status = soon(notes.message()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown, "{status:?}");
    assert!(status.message().contains("panicked"), "{status:?}");
    assert_eq!(soon(told.recv()).await, Some(Reason::CANCEL));
}

/// A success is no success of sending: what is not sent is lost.
#[tokio::test(start_paused = true)]
async fn a_send_after_an_early_success_fails_and_points_at_the_answer() {
    let client = client_of(|request, mut respond| async move {
        let mut stream = answer_head(&mut respond);
        stream
            .send_data(framed_note("early").into(), false)
            .unwrap();
        stream.send_trailers(good()).unwrap();
        let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
        drop(request);
    });
    let (mut sender, reply) = client.collect().start();
    soon(sender.send(note("x"))).await.unwrap();
    assert_eq!(soon(reply).await.unwrap().get_ref().text, "early");
    let status = soon(sender.send(note("x"))).await.unwrap_err();
    assert_eq!(status.code(), Code::Cancelled, "{status:?}");
    assert!(status.message().contains("reply"), "{status:?}");

    let (mut sender, reply) = client.chat().start();
    soon(sender.send(note("x"))).await.unwrap();
    let mut notes = soon(reply).await.unwrap().into_inner();
    assert!(soon(notes.message()).await.unwrap().is_some());
    assert!(soon(notes.message()).await.unwrap().is_none());
    let status = soon(sender.send(note("x"))).await.unwrap_err();
    assert_eq!(status.code(), Code::Cancelled, "{status:?}");
    assert!(status.message().contains("receiver"), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_is_named_to_the_receiver() {
    let server = serve_raw(|request, mut respond| async move {
        let mut stream = answer_head(&mut respond);
        let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
        drop(request);
    });
    let mut limits = Limits::default();
    limits.max_send_message = 100;
    let channel = channel_to(server).limits(limits).connect_lazy().unwrap();
    let client = EchoServiceClient::new(channel);
    let (mut sender, reply) = client.chat().start();
    let mut notes = soon(reply).await.unwrap().into_inner();
    soon(sender.send(note("x"))).await.unwrap();
    // It is taken over first, and found to be too long by whoever writes it.
    let _ = soon(sender.send(note(&"x".repeat(200)))).await;
    let status = soon(notes.message()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    for word in ["this side", "100 bytes", "Limits::max_send_message"] {
        assert!(status.message().contains(word), "{status:?} lacks {word}");
    }
    let status = soon(sender.send(note("x"))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
}
