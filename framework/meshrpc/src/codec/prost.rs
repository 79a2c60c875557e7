//! The standard codec: protobuf by prost.

use bytes::{Bytes, BytesMut};
use prost::Message;

use super::{Codec, DecodeError};

/// Protobuf by prost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prost;

impl<M: Message + Default + 'static> Codec<M> for Prost {
    fn encoded_len(message: &M) -> usize {
        message.encoded_len()
    }

    fn encode(message: &M, buffer: &mut BytesMut) {
        message.encode_raw(buffer);
    }

    fn decode(message: Bytes) -> Result<M, DecodeError> {
        M::decode(message).map_err(Into::into)
    }
}
