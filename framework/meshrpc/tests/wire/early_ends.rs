//! A server that ends a call while the client still sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use h2::Reason;
use http::{HeaderMap, HeaderValue, Response};
use meshrpc::Code;

use super::answerer::client_of;
use super::caller::{Caller, serve};
use super::head::{CHAT, COLLECT, COUNT, Head, SAY, framed_note};
use super::soon;
use crate::support::echo_service::EchoServiceClient;
use crate::support::{Echo, Note, note};

#[tokio::test(start_paused = true)]
async fn our_server_sends_its_status_and_asks_for_no_more() {
    let caller = Caller::connect(&serve(Echo)).await;
    for (what, path, pieces, code) in [
        (
            "a handler that fails",
            COLLECT,
            vec![framed_note("stop")],
            Code::OutOfRange,
        ),
        (
            "a conversation that fails",
            CHAT,
            vec![framed_note("x"), framed_note("quit")],
            Code::ResourceExhausted,
        ),
        (
            "too large a message",
            SAY,
            vec![vec![0, 1, 0, 0, 0]],
            Code::ResourceExhausted,
        ),
        (
            "a second message",
            SAY,
            vec![framed_note("a"), framed_note("b")],
            Code::Unimplemented,
        ),
        (
            "a second message",
            COUNT,
            vec![framed_note("a"), framed_note("b")],
            Code::Unimplemented,
        ),
        (
            "no frames",
            COLLECT,
            vec![b"<html>".to_vec()],
            Code::Internal,
        ),
        (
            "no such method",
            "/mesh.test.v1.EchoService/No",
            vec![],
            Code::Unimplemented,
        ),
        (
            "no such service",
            "/nobody/No",
            vec![framed_note("a")],
            Code::Unimplemented,
        ),
    ] {
        let mut exchange = caller.open(&Head::new(path), false).await;
        for piece in &pieces {
            exchange.data(piece, false);
        }
        let (response, mut request) = (exchange.response, exchange.request);
        let (head, mut body) = soon(response).await.unwrap().into_parts();
        let end = if body.is_end_stream() {
            head.headers
        } else {
            while let Some(data) = soon(body.data()).await {
                data.unwrap();
            }
            soon(body.trailers()).await.unwrap().unwrap()
        };
        let digits = (code as i32).to_string();
        assert_eq!(end["grpc-status"], digits.as_str(), "{what}, {path}");
        let reset = soon(std::future::poll_fn(|cx| request.poll_reset(cx))).await;
        assert_eq!(reset.unwrap(), Reason::NO_ERROR, "{what}, {path}");
    }
}

/// The same, for requests that are no gRPC.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_by_http_is_not_read_to_its_end() {
    let caller = Caller::connect(&serve(Echo)).await;
    let head = Head::new(SAY).set("content-type", "text/html");
    let exchange = caller.open(&head, false).await;
    let mut request = exchange.request;
    assert_eq!(soon(exchange.response).await.unwrap().status(), 415);
    let reset = soon(std::future::poll_fn(|cx| request.poll_reset(cx))).await;
    assert_eq!(reset.unwrap(), Reason::NO_ERROR);
}

#[derive(Clone, Copy)]
enum End {
    /// Headers alone.
    AtOnce,
    /// Headers, a message, trailers.
    WithMessage,
}

/// A server that reads nothing and ends each call with this status, after a while.
fn ends_early(end: End, status: &'static str) -> (EchoServiceClient, Arc<AtomicUsize>) {
    let resets = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&resets);
    let client = client_of(move |request, mut respond| {
        let count = Arc::clone(&count);
        async move {
            // Until the sender is stuck: time passes only when nothing else can happen.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let mut fields = HeaderMap::new();
            fields.insert("grpc-status", HeaderValue::from_static(status));
            fields.insert("grpc-message", HeaderValue::from_static("enough"));
            let mut head = Response::new(());
            let grpc = HeaderValue::from_static("application/grpc");
            head.headers_mut().insert("content-type", grpc);
            let mut stream = match end {
                End::AtOnce => {
                    head.headers_mut().extend(fields);
                    respond.send_response(head, true).unwrap()
                }
                End::WithMessage => {
                    let mut stream = respond.send_response(head, false).unwrap();
                    stream
                        .send_data(framed_note("early").into(), false)
                        .unwrap();
                    stream.send_trailers(fields).unwrap();
                    stream
                }
            };
            // Who is left with a stream that nobody reads has to be told.
            let reset = std::future::poll_fn(|cx| stream.poll_reset(cx));
            if tokio::time::timeout(Duration::from_secs(1), reset)
                .await
                .is_ok()
            {
                count.fetch_add(1, Ordering::SeqCst);
            }
            drop(request);
        }
    });
    (client, resets)
}

/// Sends until it fails.
async fn send_for_ever(mut sender: meshrpc::Sender<Note>) -> meshrpc::Status {
    let large = note(&"x".repeat(10_000));
    loop {
        if let Err(status) = soon(sender.send(large.clone())).await {
            return status;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_waits_for_room_hears_the_real_status() {
    for end in [End::AtOnce, End::WithMessage] {
        let (client, resets) = ends_early(end, "9");
        let (sender, reply) = client.collect().start();
        let (sent, reply) = tokio::join!(send_for_ever(sender), soon(reply));
        let status = reply.unwrap_err();
        assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
        assert_eq!(status.message(), "enough");
        assert_eq!(sent.code(), Code::FailedPrecondition, "{sent:?}");
        assert_eq!(sent.message(), "enough");

        let (sender, reply) = client.chat().start();
        let reading = async move {
            let mut notes = reply.await?.into_inner();
            while notes.message().await?.is_some() {}
            Ok(())
        };
        let (sent, read): (_, Result<(), meshrpc::Status>) =
            tokio::join!(send_for_ever(sender), soon(reading));
        assert_eq!(read.unwrap_err().code(), Code::FailedPrecondition);
        assert_eq!(sent.code(), Code::FailedPrecondition, "{sent:?}");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(resets.load(Ordering::SeqCst), 2, "streams are closed");
    }
}

/// A server may have what it needs before the client has said all.
#[tokio::test(start_paused = true)]
async fn an_early_success_is_a_success_and_ends_the_sending() {
    let (client, resets) = ends_early(End::WithMessage, "0");
    let (sender, reply) = client.collect().start();
    let (sent, reply) = tokio::join!(send_for_ever(sender), soon(reply));
    assert_eq!(reply.unwrap().get_ref().text, "early");
    assert_eq!(sent.code(), Code::Cancelled, "{sent:?}");
    assert!(sent.message().contains("reply"), "{sent:?}");

    let (sender, reply) = client.chat().start();
    let reading = async move {
        let mut notes = reply.await.unwrap().into_inner();
        let first = notes.message().await.unwrap().unwrap();
        assert!(notes.message().await.unwrap().is_none());
        first
    };
    let (sent, first) = tokio::join!(send_for_ever(sender), soon(reading));
    assert_eq!(first.text, "early");
    assert!(!sent.message().is_empty(), "{sent:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(resets.load(Ordering::SeqCst), 2, "streams are closed");
}

/// A reset behind a whole response says no more than "stop sending".
#[tokio::test(start_paused = true)]
async fn a_reset_behind_the_status_does_not_replace_it() {
    for reason in [Reason::NO_ERROR, Reason::CANCEL, Reason::STREAM_CLOSED] {
        let client = client_of(move |request, mut respond| async move {
            let mut head = Response::new(());
            let grpc = HeaderValue::from_static("application/grpc");
            head.headers_mut().insert("content-type", grpc);
            let mut stream = respond.send_response(head, false).unwrap();
            stream
                .send_data(framed_note("early").into(), false)
                .unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            stream.send_trailers(trailers).unwrap();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            stream.send_reset(reason);
            drop(request);
        });
        // What has arrived before the reset is read after it.
        let (_sender, reply) = client.collect().start();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(
            soon(reply).await.unwrap().get_ref().text,
            "early",
            "{reason:?}"
        );

        let (_sender, reply) = client.chat().start();
        let mut notes = soon(reply).await.unwrap().into_inner();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let first = soon(notes.message()).await;
        assert_eq!(first.unwrap().unwrap().text, "early", "{reason:?}");
        let last = soon(notes.message()).await;
        assert!(last.unwrap().is_none(), "{reason:?}");
    }
}
