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

use super::Http2Body;
use super::drive::Gather;
use super::write::{WriteError, write_body};
use crate::base::{Limits, Peer, rt};
use crate::protocol::Body;
use crate::transport::Io;

/// What answers the HTTP exchanges of a connection.
pub(crate) trait Exchange: Send + Sync + 'static {
    /// Answers one request. Dropped when the peer gives up on the stream.
    fn exchange(
        &self,
        request: Request<Body>,
        peer: &Arc<Peer>,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// A connection's state that its streams share.
struct Shared<E> {
    exchange: Arc<E>,
    peer: Arc<Peer>,
    active: AtomicUsize,
}

/// Serves one connection until the peer leaves, it is idle for too long, or `drain` completes
/// and the last stream has ended.
pub(crate) async fn serve<E: Exchange>(
    io: Io,
    limits: Limits,
    exchange: Arc<E>,
    peer: Peer,
    drain: impl Future<Output = ()>,
) {
    let handshake = h2::server::Builder::new()
        .initial_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_concurrent_streams(limits.max_concurrent_streams)
        .max_header_list_size(limits.max_header_list)
        .max_send_buffer_size(limits.max_send_buffer)
        .max_pending_accept_reset_streams(1_000)
        .handshake::<_, Bytes>(io);
    let connection = match rt::timeout(limits.preface_timeout, handshake).await {
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
    });
    run(connection, limits, &shared, drain).await;
}

async fn run<E: Exchange>(
    mut connection: h2::server::Connection<Io, Bytes>,
    limits: Limits,
    shared: &Arc<Shared<E>>,
    drain: impl Future<Output = ()>,
) {
    let mut drain = pin!(drain);
    let mut draining = false;
    let mut gather = Gather::default();
    let mut idle = pin!(rt::sleep(limits.idle_timeout));
    let mut busy = false;
    poll_fn(|cx| {
        ready!(gather.poll(cx));
        if !draining && drain.as_mut().poll(cx).is_ready() {
            draining = true;
            connection.graceful_shutdown();
        }
        loop {
            match connection.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    busy = true;
                    shared.active.fetch_add(1, Ordering::Relaxed);
                    rt::spawn(serve_stream(Arc::clone(shared), request, respond));
                }
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(peer = ?shared.peer, %error, "server connection failed");
                    // `h2` has queued its GOAWAY; poll on until it is written.
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        while !draining && idle.as_mut().poll(cx).is_ready() {
            if !busy && shared.active.load(Ordering::Relaxed) == 0 {
                draining = true;
                connection.graceful_shutdown();
                cx.waker().wake_by_ref();
            } else {
                busy = false;
                idle.as_mut().reset(rt::now() + limits.idle_timeout);
            }
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

async fn serve_stream<E: Exchange>(
    shared: Arc<Shared<E>>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) {
    let _active = Active(&shared.active);
    let request = request.map(|stream| Body::http2(Http2Body::request(stream)));
    let response = {
        let mut exchange = pin!(shared.exchange.exchange(request, &shared.peer));
        poll_fn(|cx| poll_unless_reset(exchange.as_mut(), &mut respond, cx)).await
    };
    // Nobody waits for the answer any more: the handler was dropped just now.
    let Some(response) = response else { return };
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
    match write_body(&mut stream, body).await {
        Ok(()) | Err(WriteError::Reset(_)) => {}
        Err(WriteError::Connection(error)) => tracing::debug!(%error, "a response broke off"),
        Err(WriteError::Body(error)) => tracing::debug!(%error, "a response's body failed"),
    }
}

/// Runs a handler for as long as the peer wants its answer.
fn poll_unless_reset<F: Future>(
    exchange: Pin<&mut F>,
    respond: &mut SendResponse<Bytes>,
    cx: &mut Context<'_>,
) -> Poll<Option<F::Output>> {
    match exchange.poll(cx) {
        Poll::Ready(response) => Poll::Ready(Some(response)),
        Poll::Pending => respond.poll_reset(cx).map(|_| None),
    }
}
