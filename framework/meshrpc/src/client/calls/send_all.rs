//! A caller's own stream as the request.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tonic::Status;

use crate::base::{CallContext, MessageStream, Payload};
use crate::codec::{self, Codec};

/// What a stream given to `send_all` may yield: messages, or results of them. An error cancels
/// the call and becomes its outcome.
pub trait StreamItem<M>: sealed::Sealed<M> {
    #[doc(hidden)]
    fn into_message(self) -> Result<M, Status>;
}

mod sealed {
    pub trait Sealed<M> {}
    impl<M> Sealed<M> for M {}
    impl<M> Sealed<M> for Result<M, tonic::Status> {}
}

impl<M> StreamItem<M> for M {
    fn into_message(self) -> Result<M, Status> {
        Ok(self)
    }
}

impl<M> StreamItem<M> for Result<M, Status> {
    fn into_message(self) -> Self {
        self
    }
}

pin_project_lite::pin_project! {
    /// A typed stream as a stream of encoded messages.
    pub(super) struct Encoded<S, M, C> {
        #[pin]
        stream: S,
        context: CallContext,
        types: PhantomData<fn() -> (M, C)>,
    }
}

impl<S, M, C> Encoded<S, M, C> {
    /// The stream runs in `context`: calls that it makes inherit what the call itself does.
    pub(super) fn new(stream: S, context: CallContext) -> Self {
        Self {
            stream,
            context,
            types: PhantomData,
        }
    }
}

impl<S, M, C> MessageStream for Encoded<S, M, C>
where
    S: Stream<Item: StreamItem<M>> + Send,
    C: Codec<M>,
{
    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let this = self.project();
        let item = ready!(this.context.clone().enter(|| this.stream.poll_next(cx)));
        Poll::Ready(item.map(|item| {
            item.into_message()
                .and_then(|message| codec::encode::<C, M>(&message))
        }))
    }
}
