//! A request under way.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::SendStream;
use h2::client::ResponseFuture;
use http::Response;
use tokio::sync::oneshot;

use super::Http2Body;
use super::client::{Calls, Queued};
use super::write::{WriteError, write_body, write_stream};
use crate::base::rt::{self, TaskGuard};
use crate::protocol::Body;
use crate::transport::{Processed, TransportError};

/// A request under way. Dropping it resets the stream with CANCEL.
pub(crate) struct Exchange {
    response: ResponseFuture,
    upload: Upload,
    _queued: Option<Queued>,
    calls: Calls,
}

/// Who sends the rest of the request's body.
pub(super) enum Upload {
    Done,
    /// A single large message: the caller's own task, while it waits for the response.
    Inline(Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send>>),
    /// A stream: a task, ended when the response is dropped.
    Task {
        guard: TaskGuard,
        failure: oneshot::Receiver<Broken>,
    },
}

/// A request's stream that was not sent to its end.
pub(super) struct Broken {
    error: WriteError,
    /// The stream, if nothing was taken from it.
    untouched: Option<Body>,
}

impl Upload {
    pub(super) fn inline(mut stream: SendStream<Bytes>, body: Body) -> Self {
        Self::Inline(Box::pin(async move { write_body(&mut stream, body).await }))
    }

    pub(super) fn task(mut stream: SendStream<Bytes>, mut body: Body) -> Self {
        let (failed, failure) = oneshot::channel();
        let guard = rt::spawn_scoped(async move {
            let mut touched = false;
            if let Err(error) = write_stream(&mut stream, &mut body, &mut touched).await {
                // Nobody listens any more when the response has arrived.
                let _ = failed.send(Broken {
                    error,
                    untouched: (!touched).then_some(body),
                });
            }
        });
        Self::Task { guard, failure }
    }
}

impl Exchange {
    pub(super) const fn new(
        response: ResponseFuture,
        upload: Upload,
        queued: Option<Queued>,
        calls: Calls,
    ) -> Self {
        Self {
            response,
            upload,
            _queued: queued,
            calls,
        }
    }

    /// The response's head, and its body to be read. With a failure comes the request's stream,
    /// if it was not touched.
    pub(crate) async fn response(
        mut self,
    ) -> Result<Response<Body>, (TransportError, Option<Body>)> {
        match poll_fn(|cx| self.poll_response(cx)).await {
            Ok(response) => {
                let guard = match self.upload {
                    Upload::Done | Upload::Inline(_) => None,
                    Upload::Task { guard, .. } => Some(guard),
                };
                let calls = self.calls;
                Ok(response.map(|stream| Body::http2(Http2Body::response(stream, guard, calls))))
            }
            Err(error) => Err(self.failed(error).await),
        }
    }

    fn poll_response(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<h2::RecvStream>, h2::Error>> {
        if let Upload::Inline(writer) = &mut self.upload
            && let Poll::Ready(result) = writer.as_mut().poll(cx)
        {
            self.upload = Upload::Done;
            if let Err(WriteError::Connection(error)) = result {
                return Poll::Ready(Err(error));
            }
            // A reset is told by the response as well, where an answer may precede it.
        }
        Pin::new(&mut self.response).poll(cx)
    }

    /// Why there is no response.
    async fn failed(self, error: h2::Error) -> (TransportError, Option<Body>) {
        let error = TransportError::sent(error);
        let Upload::Task { mut failure, guard } = self.upload else {
            return (error, None);
        };
        // Only a request that may be sent again is worth waiting for; its task is about to see
        // that the stream was reset.
        let broken = match error.processed {
            Processed::Maybe => failure.try_recv().ok(),
            _ => (&mut failure).await.ok(),
        };
        drop(guard);
        match broken {
            // The request's own failure explains more than the reset that it led to.
            Some(Broken {
                error: WriteError::Body(error),
                ..
            }) => (TransportError::request_body(error), None),
            Some(broken) => (error, broken.untouched),
            None => (error, None),
        }
    }
}
