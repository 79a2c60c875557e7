//! A handler's place is its own until it is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use meshrpc::{Code, Limits, Receiver, Request, Response, Sender, Status, testing};
use tokio::sync::{Semaphore, mpsc};

use crate::support::contract::Note;
use crate::support::echo_service::{EchoService, EchoServiceClient, EchoServiceServer};
use crate::support::note;

/// Counts its handlers, and takes its time to let go of one.
#[derive(Default)]
struct Counted {
    now: AtomicUsize,
    most: AtomicUsize,
    gate: Option<Arc<Semaphore>>,
    seen: Option<mpsc::UnboundedSender<()>>,
}

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Counted {
    fn enter(&self) -> Running<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        if let Some(seen) = &self.seen {
            seen.send(()).unwrap();
        }
        Running(&self.now)
    }
}

impl EchoService for Counted {
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        let _running = self.enter();
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        Ok(Response::new(request.into_inner()))
    }

    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        let _running = self.enter();
        out.send(request.into_inner()).await?;
        std::future::pending().await
    }

    async fn collect(&self, _: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn chat(&self, _: Request<Receiver<Note>>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(Status::unimplemented(""))
    }
}

fn serve(service: Arc<Counted>, places: usize) -> (testing::TestServer, EchoServiceClient) {
    let mut limits = Limits::default();
    limits.max_concurrent_calls = places;
    let server = testing::serve(
        meshrpc::Server::builder()
            .limits(limits)
            .add_service(EchoServiceServer::from_arc(service)),
    )
    .unwrap();
    let client = EchoServiceClient::new(server.channel());
    (server, client)
}

#[tokio::test]
async fn a_call_too_many_is_refused_by_limit_and_option() {
    let (seen, mut began) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let service = Arc::new(Counted {
        gate: Some(Arc::clone(&gate)),
        seen: Some(seen),
        ..Counted::default()
    });
    let (_server, client) = serve(service, 2);
    let calls = [(); 2].map(|()| tokio::spawn(client.say(note("waits"))));
    for _ in 0..2 {
        began.recv().await.unwrap();
    }
    let status = client.say(note("too many")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("2 calls"), "{status:?}");
    assert!(
        status.message().contains("max_concurrent_calls"),
        "{status:?}"
    );

    gate.add_permits(3);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    client.say(note("there is room again")).await.unwrap();
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_is_dropped() {
    let service = Arc::new(Counted::default());
    let (_server, client) = serve(Arc::clone(&service), 1);
    let mut notes = client.count(note("lasts")).await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    let status = client.say(note("no room")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    drop(notes);
    while let Err(status) = client.say(note("room?")).await {
        assert_eq!(status.code(), Code::ResourceExhausted);
        tokio::task::yield_now().await;
    }
    assert_eq!(service.most.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rapid_resets_run_no_more_handlers_than_there_are_places() {
    const PLACES: usize = 4;
    let service = Arc::new(Counted {
        gate: Some(Arc::new(Semaphore::new(0))),
        ..Counted::default()
    });
    let (_server, client) = serve(Arc::clone(&service), PLACES);
    let floods = (0..8).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            for _ in 0..250 {
                // Dropped as soon as it is sent: HEADERS, DATA, RST_STREAM.
                let call = client.say(note("never mind"));
                let _ = tokio::time::timeout(Duration::ZERO, call).await;
            }
        })
    });
    for flood in floods.collect::<Vec<_>>() {
        flood.await.unwrap();
    }
    let most = service.most.load(Ordering::SeqCst);
    assert!((1..=PLACES).contains(&most), "{most} handlers at once");
}

#[tokio::test]
async fn a_connection_too_many_waits_for_a_place() {
    let mut limits = Limits::default();
    limits.max_connections = 1;
    let server = testing::serve(
        meshrpc::Server::builder()
            .limits(limits)
            .add_service(EchoServiceServer::new(Counted::default())),
    )
    .unwrap();
    let first = server.channel();
    EchoServiceClient::new(first.clone())
        .say(note("in"))
        .await
        .unwrap();
    let second = tokio::spawn(EchoServiceClient::new(server.channel()).say(note("waits")));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!second.is_finished());
    drop(first);
    second.await.unwrap().unwrap();
}
