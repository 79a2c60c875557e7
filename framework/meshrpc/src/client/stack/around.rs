//! The outermost layers of a client's call: who watches it, and its deadline.
//!
//! The same layers stand around the call's future and then around its stream of responses. They
//! are one struct, because a nest of futures would hold several copies of the request.

use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Sleep;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::base::{CallFuture, CallResponse, Deadline, MessageStream, Messages, Payload, deadline};
use crate::telemetry::Watch;

/// Ends a call at its deadline, its stream of responses included, and tells whoever watches. A
/// call without either is left as it is.
pub(crate) fn around(
    watch: Option<Box<Watch>>,
    deadline: Option<Deadline>,
    call: CallFuture,
) -> CallFuture {
    if watch.is_none() && deadline.is_none() {
        return call;
    }
    let around = Around {
        watch,
        deadline,
        timer: None,
    };
    // A call whose time is up is not begun.
    if deadline.is_some_and(Deadline::has_passed) {
        return Box::pin(ready(Err(around.failed(deadline::exceeded("client")))));
    }
    Box::pin(Calling {
        call,
        around: Some(around),
    })
}

struct Around {
    watch: Option<Box<Watch>>,
    deadline: Option<Deadline>,
    /// Made when there is something to wait for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Around {
    /// Polls a piece of the call; what it waits for ends at the deadline.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        work: impl FnOnce(&mut Context<'_>) -> Poll<Result<T, Status>>,
    ) -> Poll<Result<T, Status>> {
        let polled = match &self.watch {
            None => work(cx),
            Some(watch) => watch.in_scope(|| work(cx)),
        };
        if polled.is_pending() && deadline::poll(self.deadline, &mut self.timer, cx).is_ready() {
            return Poll::Ready(Err(deadline::exceeded("client")));
        }
        polled
    }

    /// What the caller hears of an error; the call's end.
    fn failed(mut self, status: Status) -> Status {
        // A server that also watches the deadline may have cancelled a moment earlier.
        let passed = self.deadline.is_some_and(Deadline::has_passed);
        let status = match status.code() {
            Code::Cancelled if passed => deadline::exceeded("client"),
            _ => status,
        };
        if let Some(watch) = self.watch.take() {
            watch.end(Err(&status));
        }
        status
    }

    fn succeeded(mut self) {
        if let Some(watch) = self.watch.take() {
            watch.end(Ok(()));
        }
    }
}

/// A call that waits for its answer.
struct Calling {
    call: CallFuture,
    /// `None` once the call is answered.
    around: Option<Around>,
}

impl Future for Calling {
    type Output = Result<CallResponse, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(mut around) = this.around.take() else {
            return Poll::Ready(Err(Status::internal("a call was polled after its end")));
        };
        let Poll::Ready(result) = around.poll(cx, |cx| this.call.as_mut().poll(cx)) else {
            this.around = Some(around);
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Err(status) => {
                // Cancelled now, and not when the caller gets around to dropping this.
                this.call = Box::pin(ready(Err(Status::cancelled(""))));
                Err(around.failed(status))
            }
            Ok(mut response) => {
                response.messages = match response.messages {
                    Messages::Stream(messages) => Messages::stream(Responses {
                        running: Some((messages, around)),
                        trailers: MetadataMap::new(),
                    }),
                    whole => {
                        around.succeeded();
                        whole
                    }
                };
                Ok(response)
            }
        })
    }
}

/// A stream of responses inside the call's layers.
struct Responses {
    /// `None` once the call has ended; dropping the stream cancels it.
    running: Option<(Pin<Box<dyn MessageStream>>, Around)>,
    trailers: MetadataMap,
}

impl MessageStream for Responses {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let this = &mut *self;
        let Some((messages, around)) = &mut this.running else {
            return Poll::Ready(None);
        };
        // A reader that is slower than the wire always finds a message; the deadline holds for it
        // all the same.
        let late = deadline::poll(around.deadline, &mut around.timer, cx).is_ready();
        let polled = around.poll(cx, |cx| match late {
            true => Poll::Ready(Err(deadline::exceeded("client"))),
            false => messages.as_mut().poll_message(cx).map(Option::transpose),
        });
        let result = match polled {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(Some(payload))) => return Poll::Ready(Some(Ok(payload))),
            Poll::Ready(end) => end,
        };
        let Some((mut messages, around)) = this.running.take() else {
            unreachable!("borrowed above");
        };
        Poll::Ready(match result {
            Err(status) => Some(Err(around.failed(status))),
            Ok(_) => {
                this.trailers = messages.as_mut().take_trailers();
                around.succeeded();
                None
            }
        })
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        std::mem::take(&mut self.trailers)
    }
}
