//! The client's end of an HTTP/2 connection.
//!
//! A call goes through `h2` from the caller's own task: one HEADERS and one DATA frame, no task,
//! no channel. Only a request body that is a stream has a task, because it must make progress
//! although nobody polls the response.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use tokio::sync::Notify;

pub(crate) use super::exchange::Exchange;
use super::exchange::Upload;
use super::session::{self, Session};
use crate::base::limits::MAX_FRAME;
use crate::base::{Deadline, KeepaliveOptions, Limits};
use crate::protocol::{Body, Kind};
use crate::transport::guard::Greeting;
use crate::transport::{Io, Processed, TransportError};

use super::pulse::Watched;

/// Stands for "the server's settings are not here yet": no server can ask for so many streams.
const UNSETTLED: usize = usize::MAX - 1;

/// After so many calls a connection is replaced: the numbers of streams end at 2^30.
const CALLS: u64 = (1 << 30) - 1_000;

/// A connection that requests can be sent on.
#[derive(Debug)]
pub(crate) struct Connection {
    /// One handle for all callers: a clone per call would take `h2`'s lock twice more.
    send: Mutex<Requests>,
    /// Requests that wait in `h2` because the peer allows no more streams.
    queued: Arc<AtomicUsize>,
    max_queued: usize,
    state: Arc<State>,
    calls: Calls,
}

#[derive(Debug)]
struct Requests {
    send: SendRequest<Bytes>,
    started: u64,
}

/// Held by each call: their number is the number of its holders.
pub(crate) type Calls = Arc<AtomicBool>;

/// What a connection's handle, its task and its subchannel share.
#[derive(Debug, Default)]
pub(super) struct State {
    closed: AtomicBool,
    closed_event: Notify,
    /// The handle is gone; calls may still be under way.
    released: AtomicBool,
    too_many_pings: AtomicBool,
}

impl State {
    /// Takes no more requests from now on.
    pub(super) fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            self.closed_event.notify_waiters();
        }
    }

    /// Whether calls are under way, of which `calls` counts the holders: this task, the handle
    /// while there is one, and each call.
    pub(super) fn active(&self, calls: &Calls) -> bool {
        let handle = !self.released.load(Ordering::Relaxed);
        Arc::strong_count(calls) > 1 + usize::from(handle)
    }

    pub(super) fn complain(&self) {
        self.too_many_pings.store(true, Ordering::Relaxed);
    }
}

/// Performs the HTTP/2 handshake on `io`, waits for the server's settings and starts the
/// connection's task.
pub(crate) async fn handshake(
    io: Io,
    limits: &Limits,
    keepalive: Option<KeepaliveOptions>,
) -> Result<Connection, TransportError> {
    // What is there instead of HTTP/2 is told in words.
    let io = Greeting::new(io);
    let (io, pulse) = Watched::new(io);
    let (send, mut connection) = h2::client::Builder::new()
        .initial_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_frame_size(MAX_FRAME)
        .max_header_list_size(limits.max_header_list)
        .max_send_buffer_size(limits.max_send_buffer)
        .initial_max_send_streams(UNSETTLED)
        .enable_push(false)
        // We chose the peer; counting our own resets over the life of a connection would kill
        // it under a storm of deadlines.
        .max_local_error_reset_streams(None)
        .handshake::<_, Bytes>(io)
        .await
        .map_err(TransportError::unsent)?;
    // Before its settings are known the server may refuse what is sent, and be no server.
    poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(Err(error)) => Poll::Ready(Err(TransportError::unsent(error))),
        Poll::Ready(Ok(())) => Poll::Ready(Err(TransportError::no_greeting())),
        Poll::Pending if connection.max_concurrent_send_streams() == UNSETTLED => Poll::Pending,
        Poll::Pending => Poll::Ready(Ok(())),
    })
    .await?;

    let state = Arc::new(State::default());
    let calls = Calls::default();
    session::start(Session {
        connection,
        keepalive,
        pulse,
        idle_timeout: limits.idle_timeout,
        calls: Arc::clone(&calls),
        state: Arc::clone(&state),
    });
    Ok(Connection {
        send: Mutex::new(Requests { send, started: 0 }),
        queued: Arc::default(),
        max_queued: limits.max_queued_calls,
        state,
        calls,
    })
}

impl Connection {
    /// Whether new requests can't be sent any more. Those under way may go on.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.closed.load(Ordering::Acquire)
    }

    /// Waits until no more requests can be sent.
    pub(crate) async fn closed(&self) {
        let event = self.state.closed_event.notified();
        if !self.is_closed() {
            event.await;
        }
    }

    /// Whether the server complained that it is pinged too often.
    pub(crate) fn too_many_pings(&self) -> bool {
        self.state.too_many_pings.load(Ordering::Relaxed)
    }

    /// Sends a request and starts to send its body. What was not sent comes back, untouched.
    #[expect(
        clippy::result_large_err,
        reason = "the error carries what a repetition needs, and is rare"
    )]
    pub(crate) fn send(
        &self,
        head: Request<()>,
        body: Body,
    ) -> Result<Exchange, (TransportError, Body)> {
        let body = body.into_kind();
        let end = matches!(body, Kind::Empty);
        let deadline = head.extensions().get::<Deadline>().copied();
        let unsent = |error, body| {
            let error = TransportError::unsent(error);
            if error.processed == Processed::Unsent {
                self.state.close();
            }
            Err((error, Body::from_kind(body)))
        };

        let mut requests = self.send.lock().expect("no panic while sending a head");
        requests.started += 1;
        if requests.started >= CALLS {
            self.state.close();
        }
        let (response, mut stream) = match requests.send.send_request(head, end) {
            Ok(sent) => sent,
            Err(error) => return unsent(error, body),
        };
        // Tells an idleness timer that the connection is used.
        self.calls.store(true, Ordering::Relaxed);
        // Asked now, and never for a stream that is in use: the question takes the place of the
        // waker of whoever sends on it.
        let mut context = Context::from_waker(Waker::noop());
        let queued = match requests.send.poll_ready(&mut context) {
            Poll::Ready(_) => None,
            // The peer allows no more streams now: `h2` opens this one when others have ended.
            // It takes one such stream from each handle, so the next one needs a fresh handle.
            Poll::Pending => {
                requests.send = requests.send.clone();
                match self.queue() {
                    Ok(queued) => Some(queued),
                    // Dropped before it was opened, the stream is never seen by the peer.
                    Err(error) => return Err((error, Body::from_kind(body))),
                }
            }
        };
        drop(requests);

        let upload = match body {
            Kind::Empty => Upload::Done,
            Kind::Full {
                data,
                trailers: None,
            } if data.len() <= super::write::AT_ONCE => {
                // It fails only when the stream has just been closed, and then the response
                // tells why.
                let _ = stream.send_data(data, true);
                Upload::Done
            }
            kind @ Kind::Full { .. } => Upload::inline(stream, Body::from_kind(kind)),
            kind => Upload::task(stream, Body::from_kind(kind), deadline),
        };
        Ok(Exchange::new(
            response,
            upload,
            queued,
            Arc::clone(&self.calls),
        ))
    }

    fn queue(&self) -> Result<Queued, TransportError> {
        if self.queued.fetch_add(1, Ordering::Relaxed) >= self.max_queued {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(TransportError::queue_full(self.max_queued));
        }
        Ok(Queued(Arc::clone(&self.queued)))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.state.released.store(true, Ordering::Relaxed);
    }
}

/// A place in the queue for a free stream.
#[derive(Debug)]
pub(super) struct Queued(Arc<AtomicUsize>);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
