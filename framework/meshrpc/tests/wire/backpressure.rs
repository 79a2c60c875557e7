//! A slow reader holds a bounded amount of memory, on either side and in either direction.
//!
//! Time is paused: when it passes, nothing else can happen, so whatever could be sent was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::SendStream;
use meshrpc::{Code, Limits, Receiver, Request, Response, Sender, Status};

use super::answerer::client_of;
use super::caller::{Caller, serve};
use super::head::{CHAT, COLLECT, COUNT, Head, framed_note};
use super::request_table::Bystander;
use super::soon;
use crate::support::echo_service::EchoService;
use crate::support::{Note, note};

/// HTTP/2's own default, which the other side has in these tests.
const WINDOW: usize = 65_535;
/// One piece of a stream on its way: a frame's worth of messages and one more message.
const PIECE: usize = 32 * 1024;

async fn until_all_wait() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// Sends as fast as it can; never reads what it does not have to.
struct Eager(Arc<AtomicUsize>);

const NOTES: usize = 3_000;
const SIZE: usize = 1_000;

impl EchoService for Eager {
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn count(&self, _: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        for _ in 0..NOTES {
            out.send(note(&"x".repeat(SIZE))).await?;
            self.0.fetch_add(SIZE, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn collect(&self, _: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        std::future::pending().await
    }

    async fn chat(
        &self,
        request: Request<Receiver<Note>>,
        out: &mut Sender<Note>,
    ) -> Result<(), Status> {
        let mut notes = request.into_inner();
        while let Some(note) = notes.message().await? {
            out.send(note).await?;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_no_further_ahead_of_its_reader_than_window_and_buffers() {
    let sent = Arc::new(AtomicUsize::new(0));
    let server = serve(Eager(Arc::clone(&sent)));
    let mut builder = h2::client::Builder::new();
    builder.initial_connection_window_size(1024 * 1024);
    let caller = Caller::connect_with(&server, &builder).await;
    let mut bystander = Bystander::join(&caller).await;
    let mut exchange = caller.open(&Head::new(COUNT), false).await;
    exchange.data(framed_note("x"), true);
    let mut body = soon(exchange.response).await.unwrap().into_body();
    until_all_wait().await;
    let ahead = sent.load(Ordering::SeqCst);
    let most = WINDOW + Limits::default().max_send_buffer + PIECE;
    assert!(
        ahead >= WINDOW - SIZE,
        "{ahead} bytes: it hardly sends at all"
    );
    assert!(ahead <= most, "{ahead} bytes ahead, more than {most}");
    // A reader that stalls is no matter of the other calls on its connection.
    bystander.is_well().await.unwrap();

    // It goes on as the reader does, and everything arrives.
    let mut read = 0;
    while let Some(data) = soon(super::caller::data(&mut body)).await {
        read += data.unwrap().len();
        let ahead = sent.load(Ordering::SeqCst).saturating_sub(read);
        assert!(ahead <= most + PIECE, "{ahead} bytes ahead");
    }
    assert_eq!(read, NOTES * framed_note(&"x".repeat(SIZE)).len());
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_no_further_ahead_of_its_server_than_window_and_buffers() {
    for streams in [false, true] {
        let client = client_of(|request, respond| async move {
            std::future::pending::<()>().await;
            drop((request, respond));
        });
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let sending = async move |mut sender: Sender<Note>| loop {
            sender.send(note(&"x".repeat(SIZE))).await.unwrap();
            count.fetch_add(SIZE, Ordering::SeqCst);
        };
        // Nobody polls the reply: the sender goes on without.
        let task = if streams {
            let (sender, reply) = client.chat().start();
            tokio::spawn(async move {
                sending(sender).await;
                drop(reply);
            })
        } else {
            let (sender, reply) = client.collect().start();
            tokio::spawn(async move {
                sending(sender).await;
                drop(reply);
            })
        };
        until_all_wait().await;
        let ahead = sent.load(Ordering::SeqCst);
        let most = WINDOW + Limits::default().max_send_buffer + PIECE;
        assert!(
            ahead >= WINDOW - SIZE,
            "{ahead} bytes: it hardly sends at all"
        );
        assert!(ahead <= most, "{ahead} bytes ahead, more than {most}");
        task.abort();
    }
}

/// Sends for as long as there is room on the other side; the number of bytes.
async fn fill(stream: &mut SendStream<Bytes>) -> usize {
    let message = Bytes::from(framed_note(&"x".repeat(SIZE)));
    let mut rest = message.clone();
    let mut sent = 0;
    loop {
        stream.reserve_capacity(rest.len());
        let room = std::future::poll_fn(|cx| stream.poll_capacity(cx));
        let room = tokio::time::timeout(Duration::from_secs(1), room).await;
        let Ok(Some(Ok(room))) = room else {
            return sent;
        };
        let part = rest.split_to(room.min(rest.len()));
        sent += part.len();
        stream.send_data(part, false).unwrap();
        if rest.is_empty() {
            rest = message.clone();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_not_asked_takes_a_window_and_no_more() {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let client = client_of(move |request, mut respond| {
        let tell = tell.clone();
        async move {
            let _request = request;
            let mut head = http::Response::new(());
            let grpc = http::HeaderValue::from_static("application/grpc");
            head.headers_mut().insert("content-type", grpc);
            let mut stream = respond.send_response(head, false).unwrap();
            tell.send(fill(&mut stream).await).await.unwrap();
            tell.send(fill(&mut stream).await).await.unwrap();
        }
    });
    let window = Limits::default().stream_window as usize;
    let mut notes = soon(client.count(note("x"))).await.unwrap().into_inner();
    assert_eq!(soon(told.recv()).await, Some(window));
    // Room comes back as messages are taken.
    for _ in 0..500 {
        soon(notes.message()).await.unwrap().unwrap();
    }
    let more = soon(told.recv()).await.unwrap();
    assert!((400 * SIZE..600 * SIZE).contains(&more), "{more}");
    // Beside it, another call has room.
    let second = soon(client.count(note("x"))).await.unwrap();
    assert_eq!(soon(told.recv()).await, Some(window));
    drop((notes, second));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_does_not_read_takes_a_window_and_no_more() {
    let server = serve(Eager(Arc::default()));
    let caller = Caller::connect(&server).await;
    let mut bystander = Bystander::join(&caller).await;
    let window = Limits::default().stream_window as usize;
    for _ in 0..4 {
        let mut exchange = caller.open(&Head::new(COLLECT), false).await;
        assert_eq!(fill(&mut exchange.request).await, window);
        bystander.is_well().await.unwrap();
        exchange.request.send_reset(h2::Reason::CANCEL);
    }
    // A handler that waits for its own reader does not read either.
    let mut exchange = caller.open(&Head::new(CHAT), false).await;
    let taken = fill(&mut exchange.request).await;
    let most = window + WINDOW + Limits::default().max_send_buffer + 2 * PIECE;
    assert!(taken <= most, "{taken} bytes taken, more than {most}");
}

/// Windows that were taken and never read come back when their calls are over.
#[tokio::test(start_paused = true)]
async fn calls_that_were_given_up_leave_the_connection_its_room() {
    let client = client_of(move |request, mut respond| async move {
        let _request = request;
        let mut head = http::Response::new(());
        let grpc = http::HeaderValue::from_static("application/grpc");
        head.headers_mut().insert("content-type", grpc);
        let mut stream = respond.send_response(head, false).unwrap();
        fill(&mut stream).await;
        std::future::pending::<()>().await;
    });
    // Together far more than the connection's window.
    for round in 0..20 {
        let call = client.count(note("x")).timeout(Duration::from_secs(60));
        let mut notes = call.await.unwrap().into_inner();
        until_all_wait().await;
        let first = soon(notes.message()).await;
        assert_eq!(first.unwrap().unwrap().text.len(), SIZE, "round {round}");
    }

    let server = serve(Eager(Arc::default()));
    let caller = Caller::connect(&server).await;
    let window = Limits::default().stream_window as usize;
    for round in 0..20 {
        let mut exchange = caller.open(&Head::new(COLLECT), false).await;
        assert_eq!(fill(&mut exchange.request).await, window, "round {round}");
        exchange.request.send_reset(h2::Reason::CANCEL);
    }
    let answer = caller.call(&Head::new(CHAT), &[framed_note("x")]).await;
    assert_eq!(answer.answer().grpc_status(), Some(Code::Ok as u8));
}
