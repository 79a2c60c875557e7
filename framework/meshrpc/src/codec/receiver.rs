//! The typed end of an incoming stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{Codec, DecodeError, decode};
use crate::base::Messages;
#[cfg(feature = "client")]
use crate::base::upstream::received;

/// Receives the messages of a stream, by [`Receiver::message`] or as a
/// [`Stream`](futures_core::Stream).
///
/// Messages are read from the wire as they are asked for; a reader that does not ask holds the
/// other side back. Dropping a client's receiver before its end cancels the call.
pub struct Receiver<M> {
    messages: Messages,
    /// The receiver that this one will be, while the call's headers are still to come.
    coming: Option<Coming<M>>,
    decode: fn(Bytes) -> Result<M, DecodeError>,
    /// Marks errors as received from upstream, where they are.
    mark: fn(Status) -> Status,
    end: End,
    last_compressed: bool,
}

type Coming<M> = Pin<Box<dyn Future<Output = Result<Receiver<M>, Status>> + Send>>;

#[derive(Debug)]
enum End {
    Open,
    Good(MetadataMap),
    Bad,
}

impl<M> Receiver<M> {
    /// The responses that a client receives.
    #[cfg(feature = "client")]
    pub(crate) fn for_caller<C: Codec<M>>(messages: Messages) -> Self {
        Self::new::<C>(messages, received)
    }

    /// The requests that a handler receives.
    #[cfg(feature = "server")]
    pub(crate) fn for_handler<C: Codec<M>>(messages: Messages) -> Self {
        Self::new::<C>(messages, std::convert::identity)
    }

    #[cfg(feature = "transport")]
    fn new<C: Codec<M>>(messages: Messages, mark: fn(Status) -> Status) -> Self {
        Self {
            messages,
            coming: None,
            decode: C::decode,
            mark,
            end: End::Open,
            last_compressed: false,
        }
    }

    /// The receiver that `coming` yields.
    #[cfg(feature = "client")]
    pub(crate) fn later(
        coming: impl Future<Output = Result<Self, Status>> + Send + 'static,
    ) -> Self {
        Self {
            messages: Messages::ended(MetadataMap::new()),
            coming: Some(Box::pin(coming)),
            decode: |_| Err("the call has not been answered".into()),
            mark: std::convert::identity,
            end: End::Open,
            last_compressed: false,
        }
    }

    /// The next message, `None` at the end.
    ///
    /// # Errors
    /// The status that the call ended with.
    pub async fn message(&mut self) -> Result<Option<M>, Status> {
        std::future::poll_fn(|cx| self.poll_message(cx))
            .await
            .transpose()
    }

    /// The trailers of a successful call, once [`Receiver::message`] has returned `None`.
    pub fn trailers(&self) -> Option<&MetadataMap> {
        match &self.end {
            End::Good(trailers) => Some(trailers),
            End::Open | End::Bad => None,
        }
    }

    /// Whether the latest message arrived compressed.
    pub fn last_compressed(&self) -> bool {
        self.last_compressed
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        if let Some(coming) = &mut self.coming {
            match ready!(coming.as_mut().poll(cx)) {
                Ok(receiver) => *self = receiver,
                Err(status) => {
                    self.coming = None;
                    self.end = End::Bad;
                    return Poll::Ready(Some(Err(status)));
                }
            }
        }
        if !matches!(self.end, End::Open) {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.messages.poll_next(cx)) {
            Some(Ok(payload)) => {
                self.last_compressed = payload.was_compressed();
                let message = decode(self.decode, payload);
                if message.is_err() {
                    self.end = End::Bad;
                    // What comes after a message that does not parse is not worth waiting for.
                    self.messages = Messages::ended(MetadataMap::new());
                }
                Some(message)
            }
            Some(Err(status)) => {
                self.end = End::Bad;
                Some(Err((self.mark)(status)))
            }
            None => {
                self.end = End::Good(self.messages.take_trailers());
                None
            }
        })
    }
}

impl<M> Stream for Receiver<M> {
    type Item = Result<M, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

impl<M> fmt::Debug for Receiver<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
