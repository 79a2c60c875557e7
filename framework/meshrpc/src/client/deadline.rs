//! The outermost layer of a call: its deadline.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::time::Sleep;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::base::{CallResponse, Deadline, MessageStream, Messages, Payload, deadline, rt};

/// Ends a call at its deadline, its stream of responses included.
pub(crate) async fn enforce<F>(deadline: Option<Deadline>, call: F) -> Result<CallResponse, Status>
where
    F: Future<Output = Result<CallResponse, Status>>,
{
    let Some(deadline) = deadline else {
        return call.await;
    };
    if deadline.has_passed() {
        return Err(deadline::exceeded("client"));
    }
    let mut response = match rt::timeout_at(deadline.instant(), pin!(call)).await {
        // A server that also watches the deadline may answer CANCELLED a moment earlier.
        Some(Err(status)) if status.code() == tonic::Code::Cancelled && deadline.has_passed() => {
            return Err(deadline::exceeded("client"));
        }
        Some(result) => result?,
        None => return Err(deadline::exceeded("client")),
    };
    if let Messages::Stream(messages) = response.messages {
        response.messages = Messages::Stream(Box::pin(Until {
            messages: Some(messages),
            deadline,
            timer: Box::pin(rt::sleep_until(deadline.instant())),
        }));
    }
    Ok(response)
}

/// A stream that ends at a deadline.
struct Until {
    /// `None` once the deadline has passed: dropping the stream cancels the call.
    messages: Option<Pin<Box<dyn MessageStream>>>,
    deadline: Deadline,
    timer: Pin<Box<Sleep>>,
}

impl MessageStream for Until {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let this = &mut *self;
        if let Some(messages) = &mut this.messages
            && let Poll::Ready(message) = messages.as_mut().poll_message(cx)
        {
            return Poll::Ready(match message {
                Some(Err(status))
                    if status.code() == tonic::Code::Cancelled && this.deadline.has_passed() =>
                {
                    Some(Err(deadline::exceeded("client")))
                }
                message => message,
            });
        }
        ready!(this.timer.as_mut().poll(cx));
        match this.messages.take() {
            Some(_) => Poll::Ready(Some(Err(deadline::exceeded("client")))),
            None => Poll::Ready(None),
        }
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        match &mut self.messages {
            Some(messages) => messages.as_mut().take_trailers(),
            None => MetadataMap::new(),
        }
    }
}
