//! The typed end of an outgoing stream.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::BytesMut;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::Codec;
use super::outbox::Outbox;

/// Sends the messages of a stream.
///
/// A handler gets one to answer with; a client gets one from `start()`. [`Sender::send`] waits
/// for room, so that a slow reader holds the writer back and memory stays bounded.
///
/// On the client, dropping a sender without [`Sender::finish`] cancels the call: an early `?`
/// must not look like a complete stream. In a handler the stream ends when the handler returns.
pub struct Sender<M> {
    outbox: Arc<Outbox>,
    encode: fn(&M, &mut BytesMut),
    encoded_len: fn(&M) -> usize,
    /// Initial metadata that has not left yet.
    metadata: Option<MetadataMap>,
    /// What [`Sender::metadata_mut`] gives when it is too late.
    late_metadata: MetadataMap,
    trailers: MetadataMap,
    compress: bool,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Caller,
    Handler,
    Finished,
}

impl<M> Sender<M> {
    #[cfg(feature = "client")]
    pub(crate) fn for_caller<C: Codec<M>>(outbox: Arc<Outbox>) -> Self {
        Self::new::<C>(outbox, Role::Caller)
    }

    #[cfg(feature = "server")]
    pub(crate) fn for_handler<C: Codec<M>>(outbox: Arc<Outbox>) -> Self {
        Self::new::<C>(outbox, Role::Handler)
    }

    fn new<C: Codec<M>>(outbox: Arc<Outbox>, role: Role) -> Self {
        Self {
            outbox,
            encode: C::encode,
            encoded_len: C::encoded_len,
            metadata: (role == Role::Handler).then(MetadataMap::new),
            late_metadata: MetadataMap::new(),
            trailers: MetadataMap::new(),
            compress: true,
            role,
        }
    }

    /// Sends one message, waiting for room first.
    ///
    /// # Errors
    /// The status of the call when it has ended: the other side is gone, the deadline has
    /// passed, the call was cancelled.
    pub async fn send(&mut self, message: M) -> Result<(), Status> {
        if self.role == Role::Finished {
            return Err(Status::failed_precondition(
                "send() after finish(): this side of the stream is already closed",
            ));
        }
        let len = (self.encoded_len)(&message);
        poll_fn(|cx| {
            self.outbox
                .poll_send(cx, len, self.compress, &mut self.metadata, |buffer| {
                    (self.encode)(&message, buffer);
                })
        })
        .await
    }

    /// Waits until all messages sent so far were taken over by the transport.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub async fn flush(&mut self) -> Result<(), Status> {
        poll_fn(|cx| self.outbox.poll_empty(cx)).await
    }

    /// Sends the initial metadata now instead of with the first message.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub async fn send_headers(&mut self) -> Result<(), Status> {
        if let Some(metadata) = self.metadata.take() {
            self.outbox.release_headers(metadata);
        }
        self.flush().await
    }

    /// The initial metadata of a handler's answer; it leaves with the first message, so
    /// changes after that have no effect.
    pub fn metadata_mut(&mut self) -> &mut MetadataMap {
        self.metadata.as_mut().unwrap_or(&mut self.late_metadata)
    }

    /// The trailers that a handler's answer ends with.
    pub fn trailers_mut(&mut self) -> &mut MetadataMap {
        &mut self.trailers
    }

    /// Whether the following messages are compressed, on a call that compresses. On by
    /// default; messages that are already compressed (images) are better left alone.
    pub fn compress_next(&mut self, compress: bool) {
        self.compress = compress;
    }

    /// Ends the stream from this side (a client's half-close) and waits until everything is
    /// taken over by the transport.
    ///
    /// # Errors
    /// The status of the call when it has ended before.
    pub async fn finish(&mut self) -> Result<(), Status> {
        self.role = Role::Finished;
        self.outbox.finish();
        self.flush().await
    }

    /// Ends a handler's stream with the handler's result; what generated code does last.
    #[doc(hidden)]
    pub fn end(mut self, result: Result<(), Status>) -> HandlerEnd {
        HandlerEnd {
            result,
            metadata: self.metadata.take(),
            trailers: std::mem::take(&mut self.trailers),
        }
    }
}

impl<M> Drop for Sender<M> {
    fn drop(&mut self) {
        if self.role == Role::Caller {
            self.outbox.sender_dropped();
        }
    }
}

impl<M> fmt::Debug for Sender<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// How a streaming handler ended.
#[doc(hidden)]
#[derive(Debug)]
pub struct HandlerEnd {
    pub(crate) result: Result<(), Status>,
    /// Initial metadata that has not left yet.
    pub(crate) metadata: Option<MetadataMap>,
    pub(crate) trailers: MetadataMap,
}

impl HandlerEnd {
    /// The end of a handler that did not get to say how it ended.
    #[cfg(feature = "server")]
    pub(crate) fn failed(status: Status) -> Self {
        Self {
            result: Err(status),
            metadata: None,
            trailers: MetadataMap::new(),
        }
    }
}
