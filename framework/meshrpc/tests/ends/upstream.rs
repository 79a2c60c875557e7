//! What a handler passes on of the call that it made itself.

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Request};
use meshrpc::{Code, Status};

use super::{Acts, answer_head, client_to, head};
use crate::support::note;
use crate::wire::answerer::client_of;
use crate::wire::caller::serve;
use crate::wire::head::framed_note;
use crate::wire::soon;

/// A failure's trailers, not all of them meant for everybody.
fn failure() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    for (name, value) in [
        ("grpc-status", "9"),
        ("grpc-message", "not yet"),
        ("grpc-status-details-bin", "AQID"),
        ("x-secret", "token"),
    ] {
        trailers.insert(name, HeaderValue::from_static(value));
    }
    trailers
}

/// Keeps the stream as it is until the client has closed it.
async fn linger(mut stream: SendStream<Bytes>, request: Request<RecvStream>) {
    let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
    drop(request);
}

async fn fails(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let mut head = head();
    head.headers_mut().extend(failure());
    let stream = respond.send_response(head, true).unwrap();
    linger(stream, request).await;
}

async fn fails_after_a_message(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
    let mut stream = answer_head(&mut respond);
    stream.send_data(framed_note("x").into(), false).unwrap();
    stream.send_trailers(failure()).unwrap();
    linger(stream, request).await;
}

/// What the handler itself hears is all of it.
#[track_caller]
fn assert_whole(status: &Status) {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert_eq!(status.metadata().get("x-secret").unwrap(), "token");
    assert_eq!(status.details(), [1, 2, 3]);
}

#[track_caller]
fn assert_bare(status: &Status) {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert_eq!(status.message(), "not yet");
    assert!(status.metadata().get("x-secret").is_none(), "{status:?}");
    assert!(status.details().is_empty(), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_send_to_an_upstream_that_failed_tells_code_and_message_alone() {
    let upstream = client_of(fails);
    let acts = Acts::default().say(move |_| {
        let upstream = upstream.clone();
        async move {
            // Nobody looks at the reply.
            let (mut sender, _reply) = upstream.collect().start();
            loop {
                sender
                    .send(note(&"x".repeat(1_000)))
                    .await
                    .inspect_err(assert_whole)?;
            }
        }
    });
    let client = client_to(serve(acts));
    assert_bare(&soon(client.say(note("x"))).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn a_send_after_the_reply_of_a_failed_upstream_does_too() {
    let upstream = client_of(fails_after_a_message);
    let acts = Acts::default().say(move |_| {
        let upstream = upstream.clone();
        async move {
            let (mut sender, reply) = upstream.collect().start();
            assert_whole(&reply.await.unwrap_err());
            loop {
                sender.send(note("x")).await.inspect_err(assert_whole)?;
            }
        }
    });
    let client = client_to(serve(acts));
    assert_bare(&soon(client.say(note("x"))).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn a_send_in_a_conversation_that_failed_does_too() {
    let upstream = client_of(fails_after_a_message);
    let acts = Acts::default().say(move |_| {
        let upstream = upstream.clone();
        async move {
            let (mut sender, reply) = upstream.chat().start();
            let mut notes = reply.await?.into_inner();
            assert!(notes.message().await?.is_some());
            assert_whole(&notes.message().await.unwrap_err());
            loop {
                sender.send(note("x")).await.inspect_err(assert_whole)?;
            }
        }
    });
    let client = client_to(serve(acts));
    assert_bare(&soon(client.say(note("x"))).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn a_handlers_own_trailers_survive_beside_an_upstreams_error() {
    let upstream = client_of(fails);
    let acts = Acts::default().count(move |request, out| {
        let upstream = upstream.clone();
        Box::pin(async move {
            out.trailers_mut().insert("x-own", "mine".parse().unwrap());
            if request.text == "late" {
                out.send(request).await?;
            }
            upstream.say(note("x")).await.inspect_err(assert_whole)?;
            Ok(())
        })
    });
    let client = client_to(serve(acts));
    let status = soon(client.count(note("early"))).await.unwrap_err();
    assert_bare(&status);
    assert_eq!(status.metadata().get("x-own").unwrap(), "mine");

    let mut notes = soon(client.count(note("late"))).await.unwrap().into_inner();
    assert!(soon(notes.message()).await.unwrap().is_some());
    let status = soon(notes.message()).await.unwrap_err();
    assert_bare(&status);
    assert_eq!(status.metadata().get("x-own").unwrap(), "mine");
}
