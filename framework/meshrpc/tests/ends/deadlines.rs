//! A deadline ends a call whatever else goes on in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use meshrpc::{
    CallContext, CallRequest, CallResponse, Code, Interceptor, Next, Sender, Status, TraceContext,
};
use tokio::sync::oneshot;

use super::{Acts, answer_head, at, channel_to, client_to};
use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Note, note};
use crate::wire::answerer::{client_of, serve_raw};
use crate::wire::caller::{Caller, serve, serve_with};
use crate::wire::head::{COUNT, Head, SAY, framed_note};
use crate::wire::soon;

const SECOND: Duration = Duration::from_secs(1);

/// Tells when it is dropped.
struct Present(Option<oneshot::Sender<()>>);

impl Drop for Present {
    fn drop(&mut self) {
        let _ = self.0.take().unwrap().send(());
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_a_stream_of_which_the_peer_takes_nothing() {
    let (tell, gone) = oneshot::channel();
    let present = Mutex::new(Some(Present(Some(tell))));
    let server = serve(Acts::default().count(move |note, out| {
        let present = present.lock().unwrap().take();
        Box::pin(async move {
            let _present = present;
            loop {
                out.send(note.clone()).await?;
            }
        })
    }));
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(0);
    let caller = Caller::connect_with(&server, &builder).await;
    let head = Head::new(COUNT).with("grpc-timeout", "1S");
    let mut exchange = caller.open(&head, false).await;
    exchange.data(framed_note(&"x".repeat(1_000)), true);
    at(SECOND, gone).await.unwrap();
}

/// A reader that is slower than the wire never waits for a message.
#[tokio::test(start_paused = true)]
async fn it_ends_a_stream_that_always_has_a_message() {
    let client = client_of(|request, mut respond| async move {
        let _request = request;
        let mut stream = answer_head(&mut respond);
        let many = framed_note("x").repeat(1_000);
        stream.send_data(many.into(), false).unwrap();
        std::future::pending::<()>().await;
    });
    let call = client.count(note("x")).timeout(SECOND);
    let mut notes = soon(call).await.unwrap().into_inner();
    let mut read = 0;
    let status = loop {
        match soon(notes.message()).await {
            Ok(message) => assert!(message.is_some(), "after {read}"),
            Err(status) => break status,
        }
        read += 1;
        tokio::time::sleep(SECOND / 10).await;
    };
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!((9..=11).contains(&read), "{read} messages within a second");
}

/// Sends until it fails.
async fn flood(mut sender: Sender<Note>) -> Status {
    let large = note(&"x".repeat(10_000));
    loop {
        if let Err(status) = sender.send(large.clone()).await {
            return status;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_a_send_that_waits_for_room_although_nobody_reads() {
    for headers in [true, false] {
        let client = client_of(move |request, mut respond| async move {
            let _request = request;
            let _stream = headers.then(|| answer_head(&mut respond));
            std::future::pending::<()>().await;
        });
        let (sender, reply) = client.chat().timeout(SECOND).start();
        let status = at(SECOND, flood(sender)).await;
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        drop(reply);

        if headers {
            // The same with the receiver at hand, unread.
            let (sender, reply) = client.chat().timeout(SECOND).start();
            let notes = soon(reply).await.unwrap();
            let status = at(SECOND, flood(sender)).await;
            assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
            let read = soon(notes.into_inner().message()).await.unwrap_err();
            assert_eq!(read.code(), Code::DeadlineExceeded, "{read:?}");
        }
    }
}

/// Gives each call a second.
struct Hurry;

impl Interceptor for Hurry {
    async fn intercept(
        &self,
        mut request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        request.context = request.context.with_timeout(SECOND);
        next.run(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_a_clients_interceptor_set_ends_the_call_here() {
    // The server leaves deadlines to others.
    let server = serve_raw(|request, mut respond| async move {
        let streams = request.uri().path().ends_with("Count");
        let _stream = streams.then(|| answer_head(&mut respond));
        let _request = request;
        std::future::pending::<()>().await;
    });
    let channel = channel_to(server).intercept(Hurry).connect_lazy().unwrap();
    let client = EchoServiceClient::new(channel);
    let status = at(SECOND, client.say(note("x"))).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!(status.message().starts_with("client"), "{status:?}");

    let streamed = async {
        let mut notes = client.count(note("x")).await?.into_inner();
        notes.message().await
    };
    let status = at(SECOND, streamed).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert!(status.message().starts_with("client"), "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_a_servers_interceptor_set_is_the_handlers() {
    let service = || {
        EchoServiceServer::new(
            Acts::default()
                .say(|request| async move {
                    if request.get_ref().text == "wait" {
                        std::future::pending::<()>().await;
                    }
                    let left = CallContext::current().deadline().map(|at| at.remaining());
                    Ok(note(&format!("{left:?}")))
                })
                .count(|_, out| {
                    Box::pin(async move {
                        let left = CallContext::current().deadline().map(|at| at.remaining());
                        out.send(note(&format!("{left:?}"))).await?;
                        std::future::pending().await
                    })
                }),
        )
    };
    let of_the_server = {
        let (connector, listener) = meshrpc::testing::pipe();
        let server = meshrpc::Server::builder().intercept(Hurry);
        tokio::spawn(server.add_service(service()).serve_listener(listener));
        connector
    };
    let of_the_service = serve_with(service().intercept(Hurry), meshrpc::Limits::default());
    for connector in [of_the_server, of_the_service] {
        let client = client_to(connector);
        let expected = format!("{:?}", Some(SECOND));
        let told = soon(client.say(note("x"))).await.unwrap();
        assert_eq!(told.get_ref().text, expected);
        let mut notes = soon(client.count(note("x"))).await.unwrap().into_inner();
        let told = soon(notes.message()).await.unwrap().unwrap();
        assert_eq!(told.text, expected);

        // And it holds, although the caller has set none.
        let status = at(SECOND, notes.message()).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        let status = at(SECOND, client.say(note("wait"))).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    }
}

/// Puts each call into the trace of the first one.
#[derive(Default)]
struct OneTrace(Mutex<Option<TraceContext>>);

impl Interceptor for OneTrace {
    async fn intercept(
        &self,
        mut request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        let own = request.context.trace().cloned().unwrap();
        let first = self.0.lock().unwrap().get_or_insert(own).clone();
        request.context = request.context.with_trace(first);
        next.run(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_trace_that_a_servers_interceptor_set_is_the_handlers() {
    let traces: Arc<Mutex<Vec<Option<TraceContext>>>> = Arc::default();
    let seen = Arc::clone(&traces);
    let acts = Acts::default().say(move |request| {
        let trace = CallContext::current().trace().cloned();
        seen.lock().unwrap().push(trace);
        async move { Ok(request.into_inner()) }
    });
    let service = EchoServiceServer::new(acts).intercept(OneTrace::default());
    let client = client_to(serve_with(service, meshrpc::Limits::default()));
    for parent in [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        let call = client.say(note("x")).metadata("traceparent", parent);
        soon(call).await.unwrap();
    }
    let traces = traces.lock().unwrap();
    assert_eq!(traces.len(), 2);
    assert!(traces[0].is_some());
    assert_eq!(traces[0], traces[1]);
}

/// On the real clock, where a nanosecond has passed by the time anybody looks.
#[tokio::test]
async fn one_that_has_passed_on_arrival_keeps_the_handler_from_running() {
    let ran = Arc::new(AtomicBool::new(false));
    let (say, count) = (Arc::clone(&ran), Arc::clone(&ran));
    let acts = Acts::default()
        .say(move |request| {
            say.store(true, Ordering::SeqCst);
            async move { Ok(request.into_inner()) }
        })
        .count(move |_, _| {
            count.store(true, Ordering::SeqCst);
            Box::pin(async { Ok(()) })
        });
    let caller = Caller::connect(&serve(acts)).await;
    for path in [SAY, COUNT] {
        for timeout in ["0S", "1n"] {
            let head = Head::new(path).with("grpc-timeout", timeout);
            let answer = caller.call(&head, &[framed_note("x")]).await.answer();
            assert_eq!(answer.grpc_status(), Some(4), "{path}, {timeout}");
            assert!(!ran.load(Ordering::SeqCst), "{path}, {timeout}");
        }
        // The handler would run.
        let head = Head::new(path).with("grpc-timeout", "1H");
        let answer = caller.call(&head, &[framed_note("x")]).await.answer();
        assert_eq!(answer.grpc_status(), Some(0), "{path}");
        assert!(ran.swap(false, Ordering::SeqCst), "{path}");
    }
}
