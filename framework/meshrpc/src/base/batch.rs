//! Messages that are ready together, for one frame.

use bytes::{Bytes, BytesMut};
use tonic::Status;

use super::Payload;
use super::limits::COALESCE;

/// Collects framed messages until there are enough for a frame.
#[derive(Debug)]
pub struct Batch {
    pub(crate) buffer: BytesMut,
    /// A message too long to be copied; it leaves behind the rest, on its own.
    long: Option<Bytes>,
    limit: usize,
}

/// Messages of this size and more leave on their own, uncopied.
const LONG: usize = COALESCE / 4;

impl Batch {
    /// A batch of messages of up to `limit` bytes each.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            long: None,
            limit,
        }
    }

    /// Whether there is enough for a frame.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= COALESCE || self.long.is_some()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.long.is_none()
    }

    /// How many bytes there are to be sent together.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Adds a message.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when the message is over the send limit.
    pub fn push(&mut self, payload: Payload) -> Result<(), Status> {
        self.check(payload.len())?;
        self.push_framed(payload.into_framed());
        Ok(())
    }

    /// Adds a message that was checked, in its envelope.
    pub(crate) fn push_framed(&mut self, framed: Bytes) {
        self.settle();
        if framed.len() >= LONG {
            self.long = Some(framed);
            return;
        }
        if self.buffer.capacity() == 0 {
            self.buffer.reserve(framed.len().max(COALESCE / 8));
        }
        self.buffer.extend_from_slice(&framed);
    }

    /// Adds messages that are framed already, the longest of `longest` bytes, without copying
    /// where there are no others.
    pub(crate) fn append(&mut self, framed: BytesMut, longest: usize) -> Result<(), Status> {
        self.check(longest)?;
        self.settle();
        if self.buffer.is_empty() {
            self.buffer = framed;
        } else {
            self.buffer.extend_from_slice(&framed);
        }
        Ok(())
    }

    /// A long message leaves last; one that is followed by others is copied after all.
    fn settle(&mut self) {
        if let Some(long) = self.long.take() {
            self.buffer.extend_from_slice(&long);
        }
    }

    /// The next piece to send.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        if self.buffer.is_empty() {
            return self.long.take();
        }
        Some(self.buffer.split().freeze())
    }

    fn check(&self, len: usize) -> Result<(), Status> {
        if len <= self.limit {
            return Ok(());
        }
        Err(Status::resource_exhausted(format!(
            "a message of {len} bytes is over the send limit of {} bytes of this side \
             (Limits::max_send_message raises it)",
            self.limit
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_keeps_all_messages_in_order() {
        let mut batch = Batch::new(usize::MAX);
        let mut expected = Vec::new();
        for (len, byte) in [(3, 1), (LONG, 2), (LONG, 3), (5, 4), (LONG, 5)] {
            let payload = Payload::copy_from_slice(&vec![byte; len]).unwrap();
            expected.extend_from_slice(&payload.clone().into_framed());
            batch.push(payload).unwrap();
        }
        let mut sent = Vec::new();
        while let Some(piece) = batch.take() {
            sent.extend_from_slice(&piece);
        }
        assert!(sent == expected);
    }
}
