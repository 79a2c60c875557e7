//! The client's end of an HTTP/2 connection.
//!
//! A call goes through `h2` from the caller's own task: one HEADERS and one DATA frame, no task,
//! no channel. Only a request body that is a stream has a task, because it must make progress
//! although nobody polls the response.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{Request, Response};
use tokio::sync::{Notify, oneshot};

use super::Http2Body;
use super::drive::Gather;
use super::write::{AT_ONCE, WriteError, write_body};
use crate::base::Limits;
use crate::base::rt::{self, TaskGuard};
use crate::protocol::{Body, Kind};
use crate::transport::{Io, TransportError};

/// A connection that requests can be sent on.
#[derive(Debug)]
pub(crate) struct Connection {
    /// One handle for all callers: a clone per call would take `h2`'s lock twice more.
    send: Mutex<SendRequest<Bytes>>,
    /// Requests that wait in `h2` because the peer allows no more streams.
    queued: AtomicUsize,
    max_queued: usize,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    closed: AtomicBool,
    closed_event: Notify,
}

/// Performs the HTTP/2 handshake on `io` and starts the connection's task.
pub(crate) async fn handshake(io: Io, limits: &Limits) -> Result<Connection, h2::Error> {
    let (send, mut connection) = h2::client::Builder::new()
        .initial_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_header_list_size(limits.max_header_list)
        .max_send_buffer_size(limits.max_send_buffer)
        .enable_push(false)
        // We chose the peer; counting our own resets over the life of a connection would kill
        // it under a storm of deadlines.
        .max_local_error_reset_streams(None)
        .handshake::<_, Bytes>(io)
        .await?;
    let state = Arc::new(State::default());
    let shared = Arc::clone(&state);
    rt::spawn(async move {
        let mut gather = Gather::default();
        let result = poll_fn(|cx| {
            ready!(gather.poll(cx));
            Pin::new(&mut connection).poll(cx)
        })
        .await;
        if let Err(error) = result {
            tracing::debug!(%error, "client connection ended");
        }
        shared.closed.store(true, Ordering::Release);
        shared.closed_event.notify_waiters();
    });
    Ok(Connection {
        send: Mutex::new(send),
        queued: AtomicUsize::new(0),
        max_queued: limits.max_queued_calls,
        state,
    })
}

impl Connection {
    /// Whether new requests can't be sent any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.state.closed.load(Ordering::Acquire)
    }

    /// Waits until the connection is gone.
    pub(crate) async fn closed(&self) {
        let event = self.state.closed_event.notified();
        if !self.is_closed() {
            event.await;
        }
    }

    /// Sends a request and starts to send its body.
    pub(crate) fn send(&self, request: Request<Body>) -> Result<Exchange<'_>, TransportError> {
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, ());
        let body = body.into_kind();
        let end = matches!(body, Kind::Empty);

        let mut send = self.send.lock().expect("no panic while sending a head");
        let (sent, queued) = match send.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => (send.send_request(request, end), None),
            Poll::Ready(Err(error)) => return Err(TransportError::unsent(error)),
            // The peer allows no more streams now. A fresh handle may still queue in `h2`,
            // which opens the streams in order as others end.
            Poll::Pending => {
                let mut send_queued = send.clone();
                drop(send);
                let queued = self.queue()?;
                (send_queued.send_request(request, end), Some(queued))
            }
        };
        let (response, mut stream) = sent.map_err(TransportError::unsent)?;

        let upload = match body {
            Kind::Empty => Upload::Done,
            Kind::Full {
                data,
                trailers: None,
            } if data.len() <= AT_ONCE => {
                stream
                    .send_data(data, true)
                    .map_err(TransportError::unsent)?;
                Upload::Done
            }
            kind @ Kind::Full { .. } => Upload::Inline(Box::pin(async move {
                write_body(&mut stream, Body::from_kind(kind)).await
            })),
            kind => {
                let (failed, failure) = oneshot::channel();
                let guard = rt::spawn_scoped(async move {
                    if let Err(error) = write_body(&mut stream, Body::from_kind(kind)).await {
                        // Nobody listens any more when the response has arrived.
                        let _ = failed.send(error);
                    }
                });
                Upload::Task { guard, failure }
            }
        };
        Ok(Exchange {
            response,
            upload,
            _queued: queued,
        })
    }

    fn queue(&self) -> Result<Queued<'_>, TransportError> {
        if self.queued.fetch_add(1, Ordering::Relaxed) >= self.max_queued {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(TransportError::queue_full(self.max_queued));
        }
        Ok(Queued(&self.queued))
    }
}

/// A place in the queue for a free stream.
#[derive(Debug)]
struct Queued<'a>(&'a AtomicUsize);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request under way. Dropping it resets the stream with CANCEL.
pub(crate) struct Exchange<'a> {
    response: ResponseFuture,
    upload: Upload,
    _queued: Option<Queued<'a>>,
}

/// Who sends the rest of the request's body.
enum Upload {
    Done,
    /// A single large message: the caller's own task, while it waits for the response.
    Inline(Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send>>),
    /// A stream: a task, ended when the response is dropped.
    Task {
        guard: TaskGuard,
        failure: oneshot::Receiver<WriteError>,
    },
}

impl Exchange<'_> {
    /// The response's head, and its body to be read.
    pub(crate) async fn response(mut self) -> Result<Response<Body>, TransportError> {
        let response = poll_fn(|cx| self.poll_response(cx)).await?;
        let guard = match self.upload {
            Upload::Done | Upload::Inline(_) => None,
            Upload::Task { guard, .. } => Some(guard),
        };
        Ok(response.map(|stream| Body::http2(Http2Body::response(stream, guard))))
    }

    fn poll_response(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<h2::RecvStream>, TransportError>> {
        if let Upload::Inline(writer) = &mut self.upload
            && let Poll::Ready(result) = writer.as_mut().poll(cx)
        {
            self.upload = Upload::Done;
            if let Err(WriteError::Connection(error)) = result {
                return Poll::Ready(Err(TransportError::sent(error)));
            }
            // A reset is told by the response as well, where an answer may precede it.
        }
        match Pin::new(&mut self.response).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.failure(error))),
        }
    }

    /// Why there is no response: the request's own failure explains more than the reset that
    /// it led to.
    fn failure(&mut self, error: h2::Error) -> TransportError {
        if let Upload::Task { failure, .. } = &mut self.upload
            && let Ok(WriteError::Body(error)) = failure.try_recv()
        {
            return TransportError::request_body(error);
        }
        TransportError::sent(error)
    }
}
