//! One stream of a server's connection: the handler's run, and writing its answer.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};

use super::Http2Body;
use super::server::{Exchange, Shared};
use super::stop::{Stop, Stopped};
use super::write::{WriteError, write_at_once, write_body};
use crate::base::{Deadline, deadline, rt};
use crate::protocol::Body;

/// A stream whose request is being answered. Active for as long as it lives.
pub(super) struct Stream<E: Exchange> {
    shared: Active<E>,
    answer: E::Answer,
    respond: SendResponse<Bytes>,
}

/// Counts a stream as active while its handler lives.
struct Active<E>(Arc<Shared<E>>);

impl<E> Drop for Active<E> {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<E: Exchange> Stream<E> {
    /// Starts to answer a request.
    pub(super) fn accept(
        shared: &Arc<Shared<E>>,
        request: Request<RecvStream>,
        respond: SendResponse<Bytes>,
    ) -> Self {
        shared.active.fetch_add(1, Ordering::Relaxed);
        let request = request.map(|stream| Body::http2(Http2Body::request(stream)));
        Self {
            answer: shared.exchange.exchange(request, &shared.peer),
            shared: Active(Arc::clone(shared)),
            respond,
        }
    }

    /// Runs the handler's first step. Gives back what has to go on in a task, where it will be
    /// polled anew, so that nothing that it waits for has to wake anybody here.
    pub(super) fn run_once(mut self) -> Option<Self> {
        let mut cx = Context::from_waker(Waker::noop());
        match poll_answer(&mut self.answer, &mut cx) {
            Poll::Pending => Some(self),
            Poll::Ready(response) => {
                if let Some(rest) = self.send(response) {
                    rt::spawn(self.finish(rest));
                }
                None
            }
        }
    }

    /// Runs the handler for as long as somebody wants its answer, and writes that.
    pub(super) async fn run(mut self) {
        let answered = {
            let stop = &self.shared.0.stop;
            let event = pin!(stop.listen());
            let mut stopped = Stopped::new(stop, event);
            let (answer, respond) = (&mut self.answer, &mut self.respond);
            poll_fn(|cx| poll_unless_unwanted(answer, respond, &mut stopped, cx)).await
        };
        let response = match answered {
            Answered::Response(response) => response,
            Answered::Stopped => Some(self.shared.0.exchange.refuse(&Stop::status())),
            // Nobody waits for the answer any more: the handler is dropped with this.
            Answered::Reset => return,
        };
        if let Some(rest) = self.send(response) {
            // Rare or long-lived, so it is kept out of every call's task.
            Box::pin(self.finish(rest)).await;
        }
    }

    /// Sends the answer; what can't be sent without waiting is given back.
    fn send(&mut self, response: Option<Response<Body>>) -> Option<Rest> {
        let Some(response) = response else {
            self.respond.send_reset(Reason::INTERNAL_ERROR);
            return None;
        };
        let (mut head, body) = response.into_parts();
        let deadline = match head.extensions.is_empty() {
            true => None,
            false => head.extensions.remove::<Deadline>(),
        };
        let end = body.is_empty();
        let mut stream = match self
            .respond
            .send_response(Response::from_parts(head, ()), end)
        {
            Ok(_) if end => return None,
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "a response could not be sent");
                self.respond.send_reset(Reason::INTERNAL_ERROR);
                return None;
            }
        };
        match write_at_once(&mut stream, body) {
            Ok(rest) => rest.map(|body| Rest {
                stream,
                body,
                deadline,
            }),
            Err(error) => {
                tell(&error);
                None
            }
        }
    }

    /// Writes what is left of an answer.
    async fn finish(self, rest: Rest) {
        let Rest {
            mut stream,
            body,
            deadline,
        } = rest;
        let shared = &self.shared.0;
        let mut timer = None;
        let written = {
            let event = pin!(shared.stop.listen());
            let mut stopped = Stopped::new(&shared.stop, event);
            let mut writing = pin!(write_body(&mut stream, body));
            poll_fn(|cx| match writing.as_mut().poll(cx) {
                Poll::Ready(result) => Poll::Ready(Ok(result)),
                Poll::Pending if stopped.poll(cx) => Poll::Ready(Err(Stop::status())),
                // The handler watches the deadline itself, but not while the peer does not take
                // what it has sent.
                Poll::Pending => deadline::poll(deadline, &mut timer, cx)
                    .map(|()| Err(deadline::exceeded("server"))),
            })
            .await
        };
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tell(&error),
            // The handler was dropped just now; its caller hears why.
            Err(status) => {
                let mut trailers = std::mem::take(shared.exchange.refuse(&status).headers_mut());
                trailers.remove(http::header::CONTENT_TYPE);
                if let Err(error) = stream.send_trailers(trailers) {
                    tracing::debug!(%error, "a response could not be ended");
                }
            }
        }
    }
}

/// What is left of an answer that can't be written without waiting.
struct Rest {
    stream: SendStream<Bytes>,
    body: Body,
    deadline: Option<Deadline>,
}

/// Polls what answers a request. `None` is a panic: handlers catch theirs, but a user's HTTP
/// layers may panic, too, and must not take the connection with them.
fn poll_answer<F: Future<Output = Response<Body>> + Unpin>(
    answer: &mut F,
    cx: &mut Context<'_>,
) -> Poll<Option<Response<Body>>> {
    match catch_unwind(AssertUnwindSafe(|| Pin::new(answer).poll(cx))) {
        Ok(polled) => polled.map(Some),
        Err(_) => {
            tracing::error!("an HTTP layer or service panicked; its stream is reset");
            Poll::Ready(None)
        }
    }
}

fn tell(error: &WriteError) {
    match error {
        // The peer does not want the rest, which is its right.
        WriteError::Reset => {}
        WriteError::Connection(error) => tracing::debug!(%error, "a response broke off"),
        WriteError::Body(error) => tracing::debug!(%error, "a response's body failed"),
    }
}

/// How a handler's run ended.
#[expect(
    clippy::large_enum_variant,
    reason = "it is the common one, and lives on the stack for a moment"
)]
enum Answered {
    /// `None` when what made it panicked.
    Response(Option<Response<Body>>),
    /// The peer gave up.
    Reset,
    /// The server ends.
    Stopped,
}

fn poll_unless_unwanted<F: Future<Output = Response<Body>> + Unpin>(
    answer: &mut F,
    respond: &mut SendResponse<Bytes>,
    stopped: &mut Stopped<'_, '_>,
    cx: &mut Context<'_>,
) -> Poll<Answered> {
    if let Poll::Ready(response) = poll_answer(answer, cx) {
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
