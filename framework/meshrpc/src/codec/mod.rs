//! Between typed messages and bytes: codecs, compression, typed streams.
//!
//! A codec turns one message into bytes and back. The streams that handlers and callers hold,
//! [`Sender`] and [`Receiver`], are typed shells around encoded messages.

pub(crate) mod compression;
#[cfg(feature = "transport")]
pub(crate) mod envelope;
mod outbox;
mod prost;
mod receiver;
mod sender;

use std::error::Error;

use bytes::{Bytes, BytesMut};
use tonic::Status;

use crate::base::Payload;
use crate::base::payload::PayloadBuilder;

pub use self::prost::Prost;
pub use compression::Encoding;
#[cfg(feature = "transport")]
pub(crate) use outbox::{Outbox, OutboxStream};
pub use receiver::Receiver;
pub use sender::{HandlerEnd, Sender};

/// The error of a message that does not parse.
pub type DecodeError = Box<dyn Error + Send + Sync>;

/// Turns messages of one type into bytes and back.
///
/// Generated code uses [`Prost`]; give the generator another unit type to replace it.
pub trait Codec<M>: Send + Sync + Copy + 'static {
    /// How many bytes [`Codec::encode`] will write; a good guess is enough.
    fn encoded_len(message: &M) -> usize;

    /// Appends the encoded message.
    fn encode(message: &M, buffer: &mut BytesMut);

    /// Reads one message.
    ///
    /// # Errors
    /// When the bytes are no such message; the call then fails with INTERNAL.
    fn decode(message: Bytes) -> Result<M, DecodeError>;
}

/// Marks a request whose (first) message arrived compressed; found in its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compressed;

/// Put into a [`Response`](crate::Response)'s or [`Request`](crate::Request)'s extensions to
/// send its message uncompressed although the call compresses. A handler may as well call
/// tonic's `Response::disable_compression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncompressed;

/// Encodes one message into one exactly sized buffer, envelope included.
pub(crate) fn encode<C: Codec<M>, M>(message: &M) -> Result<Payload, Status> {
    let len = C::encoded_len(message);
    let mut builder = PayloadBuilder::with_capacity(len);
    C::encode(message, builder.buffer());
    builder.finish()
}

/// Decodes one message; a message that does not parse is INTERNAL (gRPC's status table).
pub(crate) fn decode<M>(
    decode: fn(Bytes) -> Result<M, DecodeError>,
    payload: Payload,
) -> Result<M, Status> {
    decode(payload.into_message()).map_err(|error| {
        let mut status = Status::internal(format!(
            "a message does not parse as {}: {error} (do both sides have the same contract?)",
            std::any::type_name::<M>()
        ));
        status.set_source(error.into());
        status
    })
}
