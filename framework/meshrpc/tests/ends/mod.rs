//! How calls end when something is in the way: a deadline, an upstream, a panic, a peer that
//! takes nothing more.
//!
//! As in [`wire`](crate::wire), time is paused unless a test says otherwise: it passes only when
//! nothing else can happen, so what would wait for ever fails at once.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::SendStream;
use h2::server::SendResponse;
use http::{HeaderValue, Response as HttpResponse};
use meshrpc::client::{ChannelBuilder, Connector};
use meshrpc::testing::PipeConnector;
use meshrpc::{Channel, Receiver, Request, Response, Sender, Status};
use tokio::time::Instant;

use crate::support::Note;
use crate::support::echo_service::{EchoService, EchoServiceClient};

mod deadlines;
mod requests;
mod statuses;
mod upstream;

type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send + 'a>>;
type Say = dyn Fn(Request<Note>) -> Running<'static, Note> + Send + Sync;
type Count = dyn for<'a> Fn(Note, &'a mut Sender<Note>) -> Running<'a, ()> + Send + Sync;

/// A service whose handlers are functions of a test; those that it has not are UNIMPLEMENTED.
#[derive(Clone, Default)]
struct Acts {
    say: Option<Arc<Say>>,
    count: Option<Arc<Count>>,
}

impl Acts {
    fn say<F, Fut>(mut self, say: F) -> Self
    where
        F: Fn(Request<Note>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Note, Status>> + Send + 'static,
    {
        self.say = Some(Arc::new(move |request| Box::pin(say(request))));
        self
    }

    fn count<F>(mut self, count: F) -> Self
    where
        F: for<'a> Fn(Note, &'a mut Sender<Note>) -> Running<'a, ()> + Send + Sync + 'static,
    {
        self.count = Some(Arc::new(count));
        self
    }
}

fn missing() -> Status {
    Status::unimplemented("not in this test")
}

impl EchoService for Acts {
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        let say = self.say.clone().ok_or_else(missing)?;
        say(request).await.map(Response::new)
    }

    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        let count = self.count.clone().ok_or_else(missing)?;
        count(request.into_inner(), out).await
    }

    async fn collect(&self, _: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        Err(missing())
    }

    async fn chat(&self, _: Request<Receiver<Note>>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(missing())
    }
}

/// What a channel to the other end of a pipe is made with.
fn channel_to(connector: impl Connector) -> ChannelBuilder {
    Channel::builder("passthrough:localhost").connector(connector)
}

fn client_to(connector: PipeConnector) -> EchoServiceClient {
    EchoServiceClient::new(channel_to(connector).connect_lazy().unwrap())
}

/// The head of a good response.
fn head() -> HttpResponse<()> {
    let mut head = HttpResponse::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    head.headers_mut().insert("content-type", grpc);
    head
}

/// Sends the head of a good response.
fn answer_head(respond: &mut SendResponse<Bytes>) -> SendStream<Bytes> {
    respond.send_response(head(), false).unwrap()
}

/// The wait for something that has to come `after` that time: neither before nor much later.
async fn at<T>(after: Duration, happens: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let happened = super::wire::soon(happens).await;
    let took = began.elapsed();
    let most = after + Duration::from_millis(150);
    assert!(
        (after..=most).contains(&took),
        "after {took:?}, not after {after:?}"
    );
    happened
}
