//! The server's end of an HTTP/2 connection.
//!
//! Streams are accepted until there are no more, each gets a task, and only then is the
//! connection written to, once for all answers that are ready.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Request, Response};
use tokio::sync::watch;
use tonic::Status;

use super::Http2Body;
use super::drive::Gather;
use super::stop::{LAST_WORDS, Stop, Stopped, drained};
use super::write::{WriteError, write_at_once, write_body};
use crate::base::{Limits, Peer, rt};
use crate::protocol::Body;
use crate::transport::Io;
use crate::transport::guard::Guard;

pub(crate) use super::stop::last_call;

/// What answers the HTTP exchanges of a connection.
pub(crate) trait Exchange: Send + Sync + 'static {
    /// The answer to come.
    type Answer: Future<Output = Response<Body>> + Send + Unpin + 'static;

    /// Starts to answer one request. The answer is dropped when the peer gives up on the
    /// stream.
    fn exchange(&self, request: Request<Body>, peer: &Arc<Peer>) -> Self::Answer;

    /// The whole answer to a request that will not be answered.
    fn refuse(&self, status: &Status) -> Response<Body>;
}

/// A connection's state that its streams share.
struct Shared<E> {
    exchange: Arc<E>,
    peer: Arc<Peer>,
    active: AtomicUsize,
    stop: Stop,
}

/// Serves one connection until the peer leaves, it is idle for too long, or the server drains
/// and the last stream has ended.
pub(crate) async fn serve<E: Exchange>(
    io: Io,
    limits: Limits,
    exchange: Arc<E>,
    peer: Peer,
    mut draining: watch::Receiver<bool>,
) {
    let io = Guard::new(io, &limits);
    let handshake = h2::server::Builder::new()
        .initial_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_concurrent_streams(limits.max_concurrent_streams)
        .max_header_list_size(limits.max_header_list)
        .max_send_buffer_size(limits.max_send_buffer)
        .max_pending_accept_reset_streams(1_000)
        .handshake::<_, Bytes>(io);
    let handshake = tokio::select! {
        biased;
        handshake = rt::timeout(limits.preface_timeout, handshake) => handshake,
        () = last_call(&mut draining) => return,
    };
    let connection = match handshake {
        Some(Ok(connection)) => connection,
        Some(Err(error)) => {
            tracing::debug!(?peer, %error, "no HTTP/2 handshake; is the peer a gRPC client?");
            return;
        }
        None => {
            tracing::debug!(
                ?peer,
                "the peer sent no HTTP/2 preface within {:?} (Limits::preface_timeout)",
                limits.preface_timeout
            );
            return;
        }
    };
    let shared = Arc::new(Shared {
        exchange,
        peer: Arc::new(peer),
        active: AtomicUsize::new(0),
        stop: Stop::default(),
    });
    run(connection, limits, &shared, draining).await;
}

/// How far a connection is from its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The timer is for idleness.
    Serving,
    /// The peer was told; streams may end in their time. The timer is the grace.
    Draining,
    /// Streams were told to end. The timer is for their last words.
    Stopped,
}

async fn run<E: Exchange>(
    mut connection: h2::server::Connection<Guard, Bytes>,
    limits: Limits,
    shared: &Arc<Shared<E>>,
    mut draining: watch::Receiver<bool>,
) {
    let mut drain = pin!(drained(&mut draining));
    let mut phase = Phase::Serving;
    let mut gather = Gather::default();
    let mut timer = pin!(rt::sleep(limits.idle_timeout));
    let mut busy = false;
    poll_fn(|cx| {
        ready!(gather.poll(cx));
        if phase == Phase::Serving && drain.as_mut().poll(cx).is_ready() {
            phase = Phase::Draining;
            timer.as_mut().reset(rt::now() + limits.drain_grace);
            connection.graceful_shutdown();
        }
        loop {
            match connection.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    busy = true;
                    shared.active.fetch_add(1, Ordering::Relaxed);
                    rt::spawn(serve_stream(Arc::clone(shared), request, respond));
                }
                // Final: `h2` reports it after its GOAWAY was written, and again each time
                // that it is asked.
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(peer = ?shared.peer, %error, "server connection failed");
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        while timer.as_mut().poll(cx).is_ready() {
            let next = match phase {
                Phase::Serving if busy || shared.active.load(Ordering::Relaxed) > 0 => {
                    busy = false;
                    limits.idle_timeout
                }
                Phase::Serving => {
                    phase = Phase::Draining;
                    connection.graceful_shutdown();
                    // The connection has to be polled for that.
                    cx.waker().wake_by_ref();
                    LAST_WORDS
                }
                Phase::Draining => {
                    phase = Phase::Stopped;
                    shared.stop.now();
                    LAST_WORDS
                }
                Phase::Stopped => return Poll::Ready(()),
            };
            timer.as_mut().reset(rt::now() + next);
        }
        Poll::Pending
    })
    .await;
}

/// Counts a stream as active while its handler lives.
struct Active<'a>(&'a AtomicUsize);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves one stream. The request is read into the answer's future before anything is awaited,
/// so that the task holds it once.
fn serve_stream<E: Exchange>(
    shared: Arc<Shared<E>>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> impl Future<Output = ()> {
    let request = request.map(|stream| Body::http2(Http2Body::request(stream)));
    let mut exchange = shared.exchange.exchange(request, &shared.peer);
    async move {
        let _active = Active(&shared.active);
        let answered = {
            let event = pin!(shared.stop.listen());
            let mut stopped = Stopped::new(&shared.stop, event);
            poll_fn(|cx| poll_unless_unwanted(&mut exchange, &mut respond, &mut stopped, cx)).await
        };
        write_answer(&shared, answered, respond).await;
    }
}

async fn write_answer<E: Exchange>(
    shared: &Shared<E>,
    answered: Answered,
    mut respond: SendResponse<Bytes>,
) {
    let response = match answered {
        Answered::Response(response) => response,
        Answered::Stopped => shared.exchange.refuse(&Stop::status()),
        // Nobody waits for the answer any more: the handler was dropped just now.
        Answered::Reset => return,
    };
    let (head, body) = response.into_parts();
    let end = body.is_empty();
    let mut stream = match respond.send_response(Response::from_parts(head, ()), end) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "a response could not be sent");
            respond.send_reset(Reason::INTERNAL_ERROR);
            return;
        }
    };
    if end {
        return;
    }
    // The common answer is short and needs no waiting, so the rest of this is kept out of every
    // call's task.
    let written = match write_at_once(&mut stream, body) {
        Ok(None) => Some(Ok(())),
        Err(error) => Some(Err(error)),
        Ok(Some(body)) => {
            let event = pin!(shared.stop.listen());
            let mut stopped = Stopped::new(&shared.stop, event);
            let mut writing = Box::pin(write_body(&mut stream, body));
            poll_fn(|cx| match writing.as_mut().poll(cx) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending if stopped.poll(cx) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            })
            .await
        }
    };
    match written {
        Some(Ok(()) | Err(WriteError::Reset(_))) => {}
        Some(Err(WriteError::Connection(error))) => {
            tracing::debug!(%error, "a response broke off");
        }
        Some(Err(WriteError::Body(error))) => tracing::debug!(%error, "a response's body failed"),
        // The handler was dropped just now.
        None => {
            let mut trailers =
                std::mem::take(shared.exchange.refuse(&Stop::status()).headers_mut());
            trailers.remove(http::header::CONTENT_TYPE);
            if let Err(error) = stream.send_trailers(trailers) {
                tracing::debug!(%error, "a response could not be ended");
            }
        }
    }
}

/// How a handler's run ended.
enum Answered {
    Response(Response<Body>),
    /// The peer gave up.
    Reset,
    /// The server ends.
    Stopped,
}

/// Runs a handler for as long as somebody wants its answer.
fn poll_unless_unwanted<F: Future<Output = Response<Body>> + Unpin>(
    exchange: &mut F,
    respond: &mut SendResponse<Bytes>,
    stopped: &mut Stopped<'_, '_>,
    cx: &mut Context<'_>,
) -> Poll<Answered> {
    if let Poll::Ready(response) = Pin::new(exchange).poll(cx) {
        return Poll::Ready(Answered::Response(response));
    }
    if respond.poll_reset(cx).is_ready() {
        return Poll::Ready(Answered::Reset);
    }
    if stopped.poll(cx) {
        return Poll::Ready(Answered::Stopped);
    }
    Poll::Pending
}
