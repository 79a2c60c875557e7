//! The answer to a call whose requests are sent by hand.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use tonic::Status;
use tracing::Instrument as _;

use super::options::Options;
use crate::base::rt::{self, TaskGuard};
use crate::base::upstream::received;
use crate::base::{Call, CallContext, CallResponse, Messages};
use crate::codec::{Codec, Outbox, OutboxStream, Sender};

/// The answer to a call that was `start()`ed. Dropping it cancels the call.
///
/// The call makes progress whether or not anybody polls this.
#[must_use = "dropping the reply cancels the call"]
pub struct Reply<T> {
    answer: Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>,
}

impl<T> Reply<T> {
    pub(super) fn new(answer: impl Future<Output = Result<T, Status>> + Send + 'static) -> Self {
        Self {
            answer: Box::pin(answer),
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.answer.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

/// A call in a task of its own.
pub(super) struct Started {
    answer: oneshot::Receiver<Result<CallResponse, Status>>,
    _task: TaskGuard,
}

/// Starts a call whose requests come from the returned sender.
pub(super) fn start<Req, C: Codec<Req>>(options: Options) -> (Sender<Req>, Started, Arc<Outbox>) {
    let outbox = Arc::new(Outbox::default());
    let sender = Sender::for_caller::<C>(Arc::clone(&outbox));
    let messages = Messages::stream(OutboxStream::new(Arc::clone(&outbox), options.deadline()));
    let (tell, answer) = oneshot::channel();
    let shared = Arc::clone(&outbox);
    let request = options.into_request(messages);
    if let Err(status) = &request {
        shared.close_with(status.clone());
    }
    // The task is the call's: its context and span are those in which the call was made.
    let task = CallContext::current().scope(async move {
        let result = match request {
            Ok((channel, request)) => channel.call(request).await,
            Err(status) => Err(status),
        };
        if let Err(status) = &result {
            // From here on `send` says what happened to the call.
            shared.close_with(received(status.clone()));
        }
        let _ = tell.send(result);
    });
    let task = rt::spawn_scoped(task.in_current_span());
    let started = Started {
        answer,
        _task: task,
    };
    (sender, started, outbox)
}

impl Future for Started {
    type Output = Result<CallResponse, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.answer).poll(cx)) {
            Ok(result) => result,
            Err(_) => Err(Status::cancelled(
                "client: the call's task ended with its runtime",
            )),
        })
    }
}

/// What `send` says when the call has succeeded already. No success, lest a `?` takes an
/// incomplete stream for a complete one.
pub(super) fn answered_early() -> Status {
    Status::cancelled(
        "the server has answered without waiting for more; the reply or receiver has its answer",
    )
}
