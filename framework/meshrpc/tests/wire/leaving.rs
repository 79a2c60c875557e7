//! A client that leaves: its handler's work stops, and the server hears of it.
//!
//! Time is paused, so "promptly" is exact: nothing but the news itself may pass.

use std::time::Duration;

use h2::Reason;
use meshrpc::client::Connector;
use meshrpc::{Channel, Code, Receiver, Request, Response, Sender, Status};
use tokio::sync::mpsc;

use super::answerer::client_of;
use super::caller::{Caller, Exchange, serve};
use super::head::{CHAT, COLLECT, COUNT, Head, SAY, framed_note};
use super::request_table::Bystander;
use super::soon;
use crate::support::echo_service::{EchoService, EchoServiceClient};
use crate::support::{Note, note};

async fn promptly<T>(what: &str, happens: impl Future<Output = T>) -> T {
    let in_no_time = Duration::from_millis(10);
    match tokio::time::timeout(in_no_time, happens).await {
        Ok(happened) => happened,
        Err(_) => panic!("{what}: not promptly"),
    }
}

/// Its handlers never end by themselves; it tells when one begins and when it is gone.
#[derive(Clone)]
struct Lasting(mpsc::UnboundedSender<Event>);

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Began,
    Gone,
}

struct Present<'a>(&'a Lasting);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        let _ = self.0.0.send(Event::Gone);
    }
}

impl Lasting {
    fn new() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (tell, told) = mpsc::unbounded_channel();
        (Self(tell), told)
    }

    fn enter(&self) -> Present<'_> {
        let _ = self.0.send(Event::Began);
        Present(self)
    }
}

impl EchoService for Lasting {
    async fn say(&self, _: Request<Note>) -> Result<Response<Note>, Status> {
        let _present = self.enter();
        std::future::pending().await
    }

    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        let _present = self.enter();
        let note = request.into_inner();
        out.send(note.clone()).await?;
        match note.text.as_str() {
            // More than anybody takes.
            "flood" => loop {
                out.send(note.clone()).await?;
            },
            _ => std::future::pending().await,
        }
    }

    async fn collect(&self, request: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        let _present = self.enter();
        let mut notes = request.into_inner();
        while notes.message().await?.is_some() {}
        std::future::pending().await
    }

    async fn chat(
        &self,
        request: Request<Receiver<Note>>,
        out: &mut Sender<Note>,
    ) -> Result<(), Status> {
        let mut notes = request.into_inner();
        let first = notes.message().await?.unwrap_or_default();
        // The call beside the others is only an echo.
        let _present = (first.text != "still here").then(|| self.enter());
        out.send(first).await?;
        while let Some(note) = notes.message().await? {
            out.send(note).await?;
        }
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_stops_the_handler_and_no_other() {
    let (service, mut events) = Lasting::new();
    let caller = Caller::connect(&serve(service)).await;
    let mut bystander = Bystander::join(&caller).await;
    bystander.is_well().await.unwrap();
    for path in [SAY, COUNT, COLLECT, CHAT] {
        for end in [true, false] {
            if path == SAY && !end {
                // A handler of one message begins when the request has ended.
                continue;
            }
            for reason in [Reason::CANCEL, Reason::NO_ERROR, Reason::INTERNAL_ERROR] {
                if path == COUNT && !end {
                    continue;
                }
                let name = format!("{path}, {reason:?}, request ended: {end}");
                let mut exchange = caller.open(&Head::new(path), false).await;
                exchange.data(framed_note("x"), end);
                let began = promptly(&name, events.recv()).await;
                assert_eq!(began, Some(Event::Began), "{name}");
                exchange.request.send_reset(reason);
                let gone = promptly(&name, events.recv()).await;
                assert_eq!(gone, Some(Event::Gone), "{name}");
                bystander.is_well().await.unwrap();
            }
        }
    }
}

/// A handler that waits for a reader has to hear of the reader's end as well.
#[tokio::test(start_paused = true)]
async fn a_reset_stops_a_handler_that_waits_for_room() {
    let (service, mut events) = Lasting::new();
    let caller = Caller::connect(&serve(service)).await;
    let mut exchange = caller.open(&Head::new(COUNT), false).await;
    exchange.data(framed_note("flood"), true);
    assert_eq!(soon(events.recv()).await, Some(Event::Began));
    let response = soon(&mut exchange.response).await.unwrap();
    // Time passes only when nothing else can happen: every buffer is full.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(events.try_recv().is_err(), "it is still there");
    exchange.request.send_reset(Reason::CANCEL);
    assert_eq!(promptly("room", events.recv()).await, Some(Event::Gone));
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_stops_its_handlers() {
    let (service, mut events) = Lasting::new();
    let server = serve(service);
    for path in [SAY, COUNT, COLLECT, CHAT] {
        let caller = Caller::connect(&server).await;
        let mut exchange = caller.open(&Head::new(path), false).await;
        exchange.data(framed_note("x"), true);
        assert_eq!(soon(events.recv()).await, Some(Event::Began), "{path}");
        server.disconnect();
        assert_eq!(
            promptly(path, events.recv()).await,
            Some(Event::Gone),
            "{path}"
        );
        drop::<Exchange>(exchange);
    }
}

#[tokio::test(start_paused = true)]
async fn the_callers_deadline_stops_the_handler() {
    let (service, mut events) = Lasting::new();
    let caller = Caller::connect(&serve(service)).await;
    for path in [SAY, COUNT, COLLECT, CHAT] {
        let head = Head::new(path).with("grpc-timeout", "5m");
        let mut exchange = caller.open(&head, false).await;
        exchange.data(framed_note("x"), true);
        assert_eq!(soon(events.recv()).await, Some(Event::Began), "{path}");
        assert_eq!(
            promptly(path, events.recv()).await,
            Some(Event::Gone),
            "{path}"
        );
        let answer = exchange.outcome().await.answer();
        assert_eq!(answer.grpc_status(), Some(4), "{path}: {answer:?}");
        assert!(answer.grpc_message().contains("server"), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_any_part_of_our_clients_call_stops_the_handler() {
    let (service, mut events) = Lasting::new();
    let connector = serve(service);
    let client = client_to(connector);
    let began_and_gone = async |what: &str, events: &mut mpsc::UnboundedReceiver<Event>| {
        assert_eq!(
            promptly(what, events.recv()).await,
            Some(Event::Gone),
            "{what}"
        );
    };

    let call = tokio::spawn(client.say(note("x")));
    assert_eq!(soon(events.recv()).await, Some(Event::Began));
    call.abort();
    began_and_gone("a unary call", &mut events).await;

    let notes = soon(client.count(note("x"))).await.unwrap();
    assert_eq!(soon(events.recv()).await, Some(Event::Began));
    drop(notes);
    began_and_gone("a receiver", &mut events).await;

    let (mut sender, reply) = client.collect().start();
    soon(sender.send(note("x"))).await.unwrap();
    assert_eq!(soon(events.recv()).await, Some(Event::Began));
    drop(reply);
    began_and_gone("a reply", &mut events).await;

    let (mut sender, _reply) = client.collect().start();
    soon(sender.send(note("x"))).await.unwrap();
    assert_eq!(soon(events.recv()).await, Some(Event::Began));
    drop(sender);
    began_and_gone("an unfinished sender", &mut events).await;

    let (mut sender, reply) = client.chat().start();
    soon(sender.send(note("x"))).await.unwrap();
    let notes = soon(reply).await.unwrap();
    assert_eq!(soon(events.recv()).await, Some(Event::Began));
    drop(notes);
    began_and_gone("a conversation's receiver", &mut events).await;
    let status = soon(sender.send(note("x"))).await.unwrap_err();
    assert_eq!(status.code(), Code::Cancelled, "{status:?}");
}

fn client_to(connector: impl Connector) -> EchoServiceClient {
    let builder = Channel::builder("passthrough:localhost").connector(connector);
    EchoServiceClient::new(builder.connect_lazy().unwrap())
}

/// What a server hears on each stream: how it was reset, if it was before its end.
fn listener() -> (EchoServiceClient, mpsc::UnboundedReceiver<Reason>) {
    let (tell, told) = mpsc::unbounded_channel();
    let client = client_of(move |request, mut respond| {
        let tell = tell.clone();
        async move {
            // Kept, for to drop it would reset the stream from here.
            let _request = request;
            let mut head = http::Response::new(());
            let grpc = http::HeaderValue::from_static("application/grpc");
            head.headers_mut().insert("content-type", grpc);
            let mut stream = respond.send_response(head, false).unwrap();
            let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
            tell.send(reason.unwrap()).unwrap();
        }
    });
    (client, told)
}

#[tokio::test(start_paused = true)]
async fn our_client_cancels_what_it_no_longer_wants() {
    let (client, mut resets) = listener();
    let mut cancelled = async |what: &str| {
        assert_eq!(
            promptly(what, resets.recv()).await,
            Some(Reason::CANCEL),
            "{what}"
        );
    };
    let settle = || tokio::time::sleep(Duration::from_secs(1));

    let call = tokio::spawn(client.say(note("x")));
    settle().await;
    call.abort();
    cancelled("a unary call").await;

    let status = client
        .say(note("x"))
        .timeout(Duration::from_millis(5))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    cancelled("a unary call's deadline").await;

    drop(soon(client.count(note("x"))).await.unwrap());
    cancelled("a receiver").await;

    let call = client.count(note("x")).timeout(Duration::from_millis(5));
    let mut notes = call.await.unwrap().into_inner();
    let status = soon(notes.message()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    cancelled("a stream's deadline").await;

    let (sender, reply) = client.collect().start();
    settle().await;
    drop(reply);
    cancelled("a reply").await;
    drop(sender);

    let (sender, reply) = client.collect().start();
    settle().await;
    drop(sender);
    cancelled("an unfinished sender").await;
    assert_eq!(soon(reply).await.unwrap_err().code(), Code::Cancelled);

    let failing = tokio_stream::iter([Ok(note("x")), Err(Status::data_loss("mine"))]);
    let status = client.collect().send_all(failing).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DataLoss, "mine"));
    cancelled("a stream that fails").await;
}
