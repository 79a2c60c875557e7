//! The server's end of an HTTP/2 connection.
//!
//! Streams are accepted until there are no more, then their handlers run, and only then is the
//! connection written to, once for all answers that are ready.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch;
use tonic::Status;

use super::drive::Gather;
use super::inline::Inline;
use super::keepalive::Keepalive;
use super::pulse::{Pulse, Watched};
use super::stop::{LAST_WORDS, Stop, drained};
use super::stream::Stream;
use crate::base::limits::MAX_FRAME;
use crate::base::{KeepaliveOptions, Limits, Peer, rt};
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

    /// Told when a peer's connection is ready for its requests.
    fn opened(&self, peer: &Peer);

    /// Told once when that connection is gone.
    fn closed(&self, peer: &Peer);

    /// The whole answer to a request that will not be answered.
    fn refuse(&self, status: &Status) -> Response<Body>;
}

/// A connection's state that its streams share.
pub(super) struct Shared<E> {
    pub(super) exchange: Arc<E>,
    pub(super) peer: Arc<Peer>,
    /// Streams whose handlers live.
    pub(super) active: AtomicUsize,
    pub(super) stop: Stop,
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
    let (io, pulse) = Watched::new(io);
    let handshake = h2::server::Builder::new()
        .initial_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_frame_size(MAX_FRAME)
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
    shared.exchange.opened(&shared.peer);
    let _open = Open(&shared);
    run(connection, pulse, limits, &shared, draining).await;
}

/// Tells of a connection's end, whatever ends it.
struct Open<'a, E: Exchange>(&'a Shared<E>);

impl<E: Exchange> Drop for Open<'_, E> {
    fn drop(&mut self) {
        self.0.exchange.closed(&self.0.peer);
    }
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
    mut connection: h2::server::Connection<Watched<Guard>, Bytes>,
    pulse: Pulse,
    limits: Limits,
    shared: &Arc<Shared<E>>,
    mut draining: watch::Receiver<bool>,
) {
    let mut drain = pin!(drained(&mut draining));
    let mut phase = Phase::Serving;
    let mut gather = Gather::default();
    let mut keepalive = connection.ping_pong().map(|ping| {
        let options = KeepaliveOptions {
            time: limits.server_keepalive_time,
            timeout: limits.server_keepalive_timeout,
            // A client that is gone holds a place whether or not it was calling.
            without_calls: true,
        };
        Keepalive::new(options, ping, pulse)
    });
    let mut timer = pin!(rt::sleep(limits.idle_timeout));
    let mut busy = false;
    let mut inline = Inline::default();
    // Bounded by the streams that the peer may have open.
    let mut batch = Vec::new();
    poll_fn(|cx| {
        ready!(gather.poll(cx));
        if phase == Phase::Serving && drain.as_mut().poll(cx).is_ready() {
            phase = Phase::Draining;
            timer.as_mut().reset(rt::now() + limits.drain_grace);
            connection.graceful_shutdown();
        }
        if let Some(keepalive) = &mut keepalive {
            keepalive.poll(cx, || true);
        }
        loop {
            // Accepting also writes, so all handlers that run here do so in between: each batch
            // of answers is written at once.
            let open = loop {
                match connection.poll_accept(cx) {
                    Poll::Ready(Some(Ok(accepted))) => batch.push(accepted),
                    // Final: `h2` reports it after its GOAWAY was written, and again each time
                    // that it is asked.
                    Poll::Ready(Some(Err(error))) => {
                        tracing::debug!(peer = ?shared.peer, %error, "server connection failed");
                        break false;
                    }
                    Poll::Ready(None) => break false,
                    Poll::Pending => break true,
                }
            };
            let idle = batch.is_empty();
            busy |= !idle;
            inline.begin();
            for (request, respond) in batch.drain(..) {
                let stream = Stream::accept(shared, request, respond);
                let rest = match inline.allows() {
                    true => stream.run_once(),
                    false => Some(stream),
                };
                if let Some(rest) = rest {
                    rt::spawn(rest.run());
                }
            }
            inline.end();
            if !open {
                return Poll::Ready(());
            }
            if idle {
                break;
            }
        }
        if let Some(keepalive) = &mut keepalive {
            keepalive.note();
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
