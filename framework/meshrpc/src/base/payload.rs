//! One encoded message on its way.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use tonic::Status;

use super::pool;

/// Bytes that gRPC puts before each message: one flag, four of length.
pub(crate) const ENVELOPE: usize = 5;

/// One encoded message, uncompressed, with its envelope already in front.
///
/// The room for the envelope is part of the buffer so that an encoded message goes to the
/// socket without being copied or chained, and a clone (a retry, a hedge) is a reference.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    framed: Bytes,
    compression: Compression,
}

/// What is to be said about a message and compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    /// Outgoing: as the call does.
    AsCall,
    /// Outgoing: never.
    Never,
    /// Incoming: it arrived compressed.
    Arrived,
}

impl Payload {
    /// A payload with a copy of `message`.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when the message is 4 GiB or longer: the envelope can't express it.
    pub fn copy_from_slice(message: &[u8]) -> Result<Self, Status> {
        let mut builder = PayloadBuilder::with_capacity(message.len());
        builder.buffer().put_slice(message);
        builder.finish()
    }

    /// The message's bytes, without the envelope.
    pub fn message(&self) -> Bytes {
        self.framed.slice(ENVELOPE..)
    }

    /// The message's bytes, without the envelope.
    pub fn as_slice(&self) -> &[u8] {
        &self.framed[ENVELOPE..]
    }

    /// The message's length in bytes.
    pub fn len(&self) -> usize {
        self.framed.len() - ENVELOPE
    }

    /// Whether the message has no bytes (a message with only default values has none).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the message arrived compressed. It is never compressed here.
    pub fn was_compressed(&self) -> bool {
        self.compression == Compression::Arrived
    }

    pub(crate) fn arrived_compressed(mut self) -> Self {
        self.compression = Compression::Arrived;
        self
    }

    pub(crate) fn never_compress(mut self) -> Self {
        self.compression = Compression::Never;
        self
    }

    pub(crate) fn may_compress(&self) -> bool {
        self.compression != Compression::Never
    }

    /// The message without the envelope.
    pub(crate) fn into_message(mut self) -> Bytes {
        self.framed.split_off(ENVELOPE)
    }

    /// Envelope and message in one piece.
    pub(crate) fn into_framed(self) -> Bytes {
        self.framed
    }

    /// Takes an envelope and its message as they came off the wire, flag 0.
    pub(crate) fn from_framed(framed: Bytes) -> Self {
        debug_assert!(framed.len() >= ENVELOPE && framed[0] == 0);
        Self {
            framed,
            compression: Compression::AsCall,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.len())
    }
}

/// A payload being written: room for the envelope first, then the message.
#[derive(Debug)]
pub(crate) struct PayloadBuilder {
    buffer: BytesMut,
}

impl PayloadBuilder {
    /// Room for a message of `len` bytes, in one exact allocation.
    pub(crate) fn with_capacity(len: usize) -> Self {
        let mut buffer = pool::take(ENVELOPE + len);
        buffer.put_slice(&[0; ENVELOPE]);
        Self { buffer }
    }

    /// Where the message goes.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Writes the envelope.
    pub(crate) fn finish(mut self) -> Result<Payload, Status> {
        write_envelope(&mut self.buffer, 0, false)?;
        Ok(Payload::from_framed(pool::freeze(self.buffer)))
    }
}

/// The length of the message whose envelope starts `framed`.
pub(crate) fn envelope_len(framed: &[u8]) -> usize {
    u32::from_be_bytes([framed[1], framed[2], framed[3], framed[4]]) as usize
}

/// Writes the envelope of the message that starts at `at` + 5 and ends where `buffer` ends.
pub(crate) fn write_envelope(
    buffer: &mut BytesMut,
    at: usize,
    compressed: bool,
) -> Result<(), Status> {
    let len = buffer.len() - at - ENVELOPE;
    let len = u32::try_from(len).map_err(|_| {
        Status::resource_exhausted(format!(
            "a message of {len} bytes is longer than gRPC can express (4 GiB - 1); send it in \
             parts, as a stream"
        ))
    })?;
    buffer[at] = u8::from(compressed);
    buffer[at + 1..at + ENVELOPE].copy_from_slice(&len.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_states_flag_and_big_endian_length() {
        let payload = Payload::copy_from_slice(&[7; 258]).unwrap();
        assert_eq!(payload.framed[..5], [0, 0, 0, 1, 2]);
        assert_eq!(payload.as_slice(), [7; 258]);
    }

    #[test]
    fn an_empty_message_is_five_bytes_on_the_wire() {
        let payload = Payload::copy_from_slice(&[]).unwrap();
        assert!(payload.is_empty());
        assert_eq!(payload.into_framed()[..], [0; 5]);
    }
}
