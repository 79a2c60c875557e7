//! gRPC's five-byte envelope, in and out.

use std::collections::VecDeque;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::RecvStream;
use prost::Message;

use crate::Error;

const ENVELOPE: usize = 5;
/// From here on a buffer is kept and used again: growing and freeing one a
/// call costs more in page faults than the call itself.
const LARGE: usize = 32 << 10;

/// Turns messages into the bytes of DATA frames.
#[derive(Default)]
pub(super) struct Encoder {
    large: BytesMut,
}

impl Encoder {
    /// One message in one exactly sized buffer.
    pub(super) fn encode(&mut self, message: &impl Message) -> Bytes {
        let size = ENVELOPE + message.encoded_len();
        if size < LARGE {
            let mut buffer = BytesMut::with_capacity(size);
            append(message, &mut buffer);
            return buffer.freeze();
        }
        self.large.reserve(size);
        append(message, &mut self.large);
        self.large.split().freeze()
    }
}

/// Adds one message with its envelope.
pub(super) fn append(message: &impl Message, buffer: &mut BytesMut) {
    let size = message.encoded_len();
    buffer.put_u8(0);
    buffer.put_u32(u32::try_from(size).expect("the messages here are at most 1 MiB"));
    message.encode(buffer).expect("a BytesMut grows as needed");
}

/// DATA frames in the order they came, read without putting them together.
#[derive(Default)]
pub(super) struct Frames {
    first: Bytes,
    rest: VecDeque<Bytes>,
    remaining: usize,
    /// The size of the message whose envelope was read.
    expected: Option<usize>,
}

impl Frames {
    /// The next message if it is there completely.
    pub(super) fn next_message<M: Message + Default>(&mut self) -> Result<Option<M>, Error> {
        let size = match self.expected {
            Some(size) => size,
            None if self.remaining >= ENVELOPE => {
                if self.get_u8() != 0 {
                    return Err("a peer sent a compressed message; nobody offered that".into());
                }
                self.get_u32() as usize
            }
            None => return Ok(None),
        };
        if self.remaining < size {
            self.expected = Some(size);
            return Ok(None);
        }
        self.expected = None;
        Ok(Some(M::decode(Buf::take(&mut *self, size))?))
    }

    /// Waits for the next frame; false after the last one.
    pub(super) async fn receive(&mut self, body: &mut RecvStream) -> Result<bool, Error> {
        let Some(frame) = body.data().await else {
            return Ok(false);
        };
        let frame = frame?;
        body.flow_control().release_capacity(frame.len())?;
        self.remaining += frame.len();
        if self.first.is_empty() {
            self.first = frame;
        } else {
            self.rest.push_back(frame);
        }
        Ok(true)
    }
}

impl Buf for Frames {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        &self.first
    }

    fn advance(&mut self, mut count: usize) {
        self.remaining -= count;
        while count >= self.first.len() {
            count -= self.first.len();
            match self.rest.pop_front() {
                Some(frame) => self.first = frame,
                None => {
                    self.first.clear();
                    return;
                }
            }
        }
        self.first.advance(count);
    }
}

/// The one message of a unary request or response.
pub(super) async fn receive_one<M: Message + Default>(body: &mut RecvStream) -> Result<M, Error> {
    let mut frames = Frames::default();
    while frames.receive(body).await? {
        if let Some(message) = frames.next_message()? {
            return Ok(message);
        }
    }
    Err("the stream ended before its message".into())
}
