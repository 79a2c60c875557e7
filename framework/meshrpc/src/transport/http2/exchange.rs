//! A request under way.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, SendStream};
use http::Response;
use tokio::sync::oneshot;
use tonic::Status;

use super::Http2Body;
use super::client::{Calls, Queued};
use super::write::{WriteError, write_body, write_stream};
use crate::base::rt::{self, TaskGuard};
use crate::base::{Deadline, deadline};
use crate::protocol::{Body, body_error_to_status};
use crate::transport::TransportError;

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
    Task(Uploading),
}

/// The rest of a request that is being sent by a task, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Uploading {
    guard: TaskGuard,
    failure: oneshot::Receiver<Broken>,
}

impl Uploading {
    /// Why the request broke off, if it was on this side.
    pub(super) fn failure(&mut self) -> Option<Status> {
        match self.failure.try_recv() {
            Ok(Broken {
                error: WriteError::Body(error),
                ..
            }) => Some(body_error_to_status(error)),
            _ => None,
        }
    }
}

/// A request's stream that was not sent to its end.
#[derive(Debug)]
pub(super) struct Broken {
    error: WriteError,
    /// The stream, if nothing was taken from it.
    untouched: Option<Body>,
}

impl Upload {
    pub(super) fn inline(mut stream: SendStream<Bytes>, body: Body) -> Self {
        Self::Inline(Box::pin(async move { write_body(&mut stream, body).await }))
    }

    /// Sends a stream in a task of its own, until `deadline` at the latest: nobody may be reading
    /// the response, which would notice.
    pub(super) fn task(
        stream: SendStream<Bytes>,
        mut body: Body,
        deadline: Option<Deadline>,
    ) -> Self {
        let (failed, failure) = oneshot::channel();
        let guard = rt::spawn_scoped(async move {
            let mut stream = Whole {
                stream,
                ended: false,
            };
            let mut touched = false;
            let writing = write_stream(&mut stream.stream, &mut body, &mut touched);
            let written = match deadline {
                None => writing.await,
                Some(deadline) => rt::timeout_at(deadline.instant(), writing)
                    .await
                    .unwrap_or_else(|| Err(WriteError::Body(deadline::exceeded("client").into()))),
            };
            match written {
                Ok(()) => stream.ended = true,
                Err(error) => {
                    // Told before the reset, which makes others ask.
                    let _ = failed.send(Broken {
                        error,
                        untouched: (!touched).then_some(body),
                    });
                }
            }
        });
        Self::Task(Uploading { guard, failure })
    }
}

/// A stream that is reset unless it was sent to its end: whatever else ends its task, a panic of
/// the user's stream included, must not leave the peer waiting.
struct Whole {
    stream: SendStream<Bytes>,
    ended: bool,
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.ended {
            self.stream.send_reset(Reason::CANCEL);
        }
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
                let upload = match self.upload {
                    Upload::Done => None,
                    // The peer answers before it has read everything, which does not mean that
                    // it does not want the rest.
                    Upload::Inline(writer) => Some(rest(writer)),
                    Upload::Task(uploading) => Some(uploading),
                };
                let calls = self.calls;
                Ok(response.map(|stream| Body::http2(Http2Body::response(stream, upload, calls))))
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
        let Upload::Task(uploading) = self.upload else {
            return (error, None);
        };
        // The task is about to see that the stream was reset, if it has not ended already.
        let Uploading { guard, failure } = uploading;
        let broken = failure.await.ok();
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

/// Sends the rest of a single message while its response is read.
fn rest(writer: Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send>>) -> Uploading {
    let (failed, failure) = oneshot::channel();
    let guard = rt::spawn_scoped(async move {
        if let Err(error) = writer.await {
            let _ = failed.send(Broken {
                error,
                untouched: None,
            });
        }
    });
    Uploading { guard, failure }
}
