//! gRPC's five-byte envelope, in and out.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::RecvStream;
use prost::Message;

use crate::Error;

const ENVELOPE: usize = 5;
/// From here on buffers are kept: growing and freeing one a call costs more in
/// page faults than the rest of the call.
const LARGE: usize = 32 << 10;

/// A connection's buffers for large messages, each kept for the next one.
#[derive(Clone, Default)]
pub(super) struct Buffers {
    encoded: Arc<Mutex<BytesMut>>,
    assembled: Arc<Mutex<BytesMut>>,
}

/// Takes the kept buffer, or none while somebody else has it.
fn borrow(kept: &Mutex<BytesMut>) -> BytesMut {
    mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner))
}

fn keep(kept: &Mutex<BytesMut>, buffer: BytesMut) {
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = buffer;
}

impl Buffers {
    /// One message in one exactly sized buffer.
    pub(super) fn encode(&self, message: &impl Message) -> Bytes {
        let size = ENVELOPE + message.encoded_len();
        if size < LARGE {
            let mut buffer = BytesMut::with_capacity(size);
            append(message, &mut buffer);
            return buffer.freeze();
        }
        let mut buffer = borrow(&self.encoded);
        buffer.reserve(size);
        append(message, &mut buffer);
        let data = buffer.split().freeze();
        keep(&self.encoded, buffer);
        data
    }

    /// The one message of a unary request or response. If it came in several
    /// frames they are put together here: prost would do so itself, into
    /// memory that it frees again.
    pub(super) async fn receive_one<M: Message + Default>(
        &self,
        body: &mut RecvStream,
    ) -> Result<M, Error> {
        let mut frames = Frames::default();
        let size = loop {
            if !frames.receive(body).await? {
                return Err("the stream ended before its message".into());
            }
            match frames.next_size()? {
                Some(size) if frames.remaining >= size => return frames.take_message(size),
                Some(size) => break size,
                None => {}
            }
        };
        let mut buffer = borrow(&self.assembled);
        buffer.clear();
        buffer.reserve(size);
        loop {
            buffer.put(&mut frames);
            if buffer.len() >= size {
                break;
            }
            if !frames.receive(body).await? {
                return Err("the stream ended within its message".into());
            }
        }
        let message = M::decode(buffer.split().freeze())?;
        keep(&self.assembled, buffer);
        Ok(message)
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
        match self.next_size()? {
            Some(size) if self.remaining >= size => self.take_message(size).map(Some),
            _ => Ok(None),
        }
    }

    /// The size of the next message once its envelope is there.
    fn next_size(&mut self) -> Result<Option<usize>, Error> {
        if self.expected.is_none() && self.remaining >= ENVELOPE {
            if self.get_u8() != 0 {
                return Err("a peer sent a compressed message; nobody offered that".into());
            }
            self.expected = Some(self.get_u32() as usize);
        }
        Ok(self.expected)
    }

    fn take_message<M: Message + Default>(&mut self, size: usize) -> Result<M, Error> {
        self.expected = None;
        Ok(M::decode(Buf::take(&mut *self, size))?)
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

    /// prost reads every field of bytes by this; the default would copy.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        if count < self.first.len() {
            self.remaining -= count;
            return self.first.split_to(count);
        }
        let mut bytes = BytesMut::with_capacity(count);
        bytes.put(Buf::take(self, count));
        bytes.freeze()
    }
}
