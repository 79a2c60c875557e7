//! The message-level call: the waist of the house.
//!
//! Typed code is a thin shell above it, protocols and transports lie below it, and whatever
//! concerns a *call* (retries, interceptors, faults, mocks, proxies) is written once, here,
//! against encoded messages.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Extensions;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{Batch, CallContext, Payload, Spec};

/// Something that answers calls: a [`Channel`](crate::Channel), a generated server, a mock, a
/// proxy.
pub trait Call: Send + Sync + 'static {
    /// Makes one call. Dropping the future, or later the response's messages, cancels it.
    fn call(&self, request: CallRequest) -> CallFuture;
}

/// The future of a message-level response.
pub type CallFuture = Pin<Box<dyn Future<Output = Result<CallResponse, Status>> + Send>>;

/// A request at message level.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallRequest {
    /// The method that is called.
    pub spec: Spec,
    /// Initial metadata.
    pub metadata: MetadataMap,
    /// Deadline, peer, trace and whatever else belongs to the call as a whole.
    pub context: CallContext,
    /// The encoded request messages.
    pub messages: Messages,
    /// Typed values for the layers that the request still has to pass.
    pub extensions: Extensions,
}

impl CallRequest {
    /// A request without metadata, in `context`.
    pub fn new(spec: impl Into<Spec>, context: CallContext, messages: Messages) -> Self {
        Self {
            spec: spec.into(),
            metadata: MetadataMap::new(),
            context,
            messages,
            extensions: Extensions::new(),
        }
    }

    /// The method that is called.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }
}

/// A response at message level: metadata, then messages, then one end.
///
/// A call that fails before its first message and without initial metadata is an `Err(Status)`
/// instead; its trailers are the status' metadata.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallResponse {
    /// Initial metadata.
    pub metadata: MetadataMap,
    /// The encoded response messages, then the end.
    pub messages: Messages,
    /// Typed values for the layers that the response still has to pass.
    pub extensions: Extensions,
}

impl CallResponse {
    /// A response with these messages.
    pub fn new(metadata: MetadataMap, messages: Messages) -> Self {
        Self {
            metadata,
            messages,
            extensions: Extensions::new(),
        }
    }
}

/// The encoded messages of one direction.
pub enum Messages {
    /// Exactly one message; on a response followed by success with these trailers.
    One(Payload, MetadataMap),
    /// Any number of messages, then the end.
    Stream(Pin<Box<dyn MessageStream>>),
    /// No more messages; on a response success with these trailers.
    Ended(MetadataMap),
}

impl Messages {
    /// Exactly one message.
    pub fn one(payload: Payload) -> Self {
        Self::One(payload, MetadataMap::new())
    }

    /// Any number of messages.
    pub fn stream(stream: impl MessageStream + 'static) -> Self {
        Self::Stream(Box::pin(stream))
    }

    /// No messages; on a response success with these trailers.
    pub fn ended(trailers: MetadataMap) -> Self {
        Self::Ended(trailers)
    }

    /// The next message; `None` after the last one.
    ///
    /// # Errors
    /// The status that ended the stream. Its metadata are the trailers.
    pub async fn next(&mut self) -> Option<Result<Payload, Status>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// [`Messages::next`] for hand-written futures.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Payload, Status>>> {
        match self {
            Self::One(..) => {
                let Self::One(payload, trailers) =
                    std::mem::replace(self, Self::Ended(MetadataMap::new()))
                else {
                    unreachable!("matched above");
                };
                *self = Self::Ended(trailers);
                Poll::Ready(Some(Ok(payload)))
            }
            Self::Stream(stream) => stream.as_mut().poll_message(cx),
            Self::Ended(_) => Poll::Ready(None),
        }
    }

    /// The trailers of a success, once the stream has ended with `None`.
    pub fn take_trailers(&mut self) -> MetadataMap {
        match self {
            Self::One(_, trailers) | Self::Ended(trailers) => std::mem::take(trailers),
            Self::Stream(stream) => stream.as_mut().take_trailers(),
        }
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(payload, _) => f.debug_tuple("One").field(payload).finish(),
            Self::Stream(_) => f.write_str("Stream"),
            Self::Ended(_) => f.write_str("Ended"),
        }
    }
}

/// A pull-based stream of encoded messages with an end that is more than "no more": it has a
/// status and trailers.
///
/// Being pulled is what bounds memory: a producer runs only as far as its reader asks.
pub trait MessageStream: Send {
    /// The next message, `None` at a good end, an error at a bad one (its metadata are the
    /// trailers). After an end it is not polled again.
    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>>;

    /// Adds the messages that are ready to `batch`, until that is full.
    ///
    /// Ready with `true` when there may be more, with `false` at a good end; pending when there
    /// is nothing more now, whatever was added. The default asks for one message after the
    /// other; a layer around a stream passes this on, so that it does its work once a batch.
    fn poll_batch(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<bool, Status>> {
        while !batch.is_full() {
            match ready!(self.as_mut().poll_message(cx)) {
                Some(payload) => batch.push(payload?)?,
                None => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(true))
    }

    /// The trailers of a good end; empty before it and on a request.
    fn take_trailers(self: Pin<&mut Self>) -> MetadataMap {
        MetadataMap::new()
    }
}
