//! Taking messages out of the byte stream that gRPC frames them in.

use bytes::{Buf, Bytes, BytesMut};
use tonic::{Code, Status};

use super::compression::{self, DecompressError, Encoding};
use crate::base::payload::{ENVELOPE, envelope_len, write_envelope};
use crate::base::{Payload, pool};

/// Which side of a call we are, for messages that say who refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// What the messages that this side receives are called.
    pub(crate) const fn incoming(self) -> &'static str {
        match self {
            Self::Client => "response",
            Self::Server => "request",
        }
    }

    /// What the messages that this side sends are called.
    pub(crate) const fn outgoing(self) -> &'static str {
        match self {
            Self::Client => "request",
            Self::Server => "response",
        }
    }
}

/// Cuts a stream of bytes into messages (PROTOCOL-HTTP2, Length-Prefixed-Message).
#[derive(Debug)]
pub(crate) struct Deframer {
    /// What is left of the latest piece.
    piece: Bytes,
    /// A message that began in an earlier piece.
    partial: BytesMut,
    encoding: Option<Encoding>,
    limit: usize,
    side: Side,
}

impl Deframer {
    pub(crate) fn new(side: Side, encoding: Option<Encoding>, limit: usize) -> Self {
        Self {
            piece: Bytes::new(),
            partial: BytesMut::new(),
            encoding,
            limit,
            side,
        }
    }

    /// Adds a piece; the previous one was consumed by [`Deframer::next`].
    pub(crate) fn push(&mut self, piece: Bytes) {
        debug_assert!(self.piece.is_empty(), "next() consumes a piece whole");
        self.piece = piece;
    }

    /// The next whole message, `None` when more bytes are needed.
    pub(crate) fn next(&mut self) -> Result<Option<Payload>, Status> {
        if self.partial.is_empty() {
            if self.piece.len() >= ENVELOPE {
                let total = self.total(&self.piece[..ENVELOPE])?;
                if self.piece.len() >= total {
                    let framed = self.piece.split_to(total);
                    return self.open(framed).map(Some);
                }
                self.partial = pool::take(total);
            } else if self.piece.is_empty() {
                return Ok(None);
            }
        }
        if self.partial.len() < ENVELOPE {
            self.take(ENVELOPE);
            if self.partial.len() < ENVELOPE {
                return Ok(None);
            }
        }
        let total = self.total(&self.partial[..ENVELOPE])?;
        // One exact allocation; its pages cost nothing until bytes arrive for them.
        if self.partial.capacity() < total {
            let started = std::mem::replace(&mut self.partial, pool::take(total));
            self.partial.extend_from_slice(&started);
        }
        self.take(total);
        if self.partial.len() < total {
            return Ok(None);
        }
        let framed = pool::freeze(std::mem::take(&mut self.partial));
        self.open(framed).map(Some)
    }

    /// Checks that the byte stream does not end inside a message.
    pub(crate) fn finish(&self) -> Result<(), Status> {
        if self.partial.is_empty() {
            return Ok(());
        }
        Err(Status::internal(format!(
            "{}: the {} ended in the middle of a message, {} bytes into it",
            self.side.name(),
            self.side.incoming(),
            self.partial.len()
        )))
    }

    /// Moves bytes over until the partial message has `total`, or none are left.
    fn take(&mut self, total: usize) {
        let missing = (total - self.partial.len()).min(self.piece.len());
        self.partial.extend_from_slice(&self.piece[..missing]);
        self.piece.advance(missing);
    }

    /// Length of envelope and message, from the envelope.
    fn total(&self, envelope: &[u8]) -> Result<usize, Status> {
        match envelope[0] {
            0 => {}
            1 if self.encoding.is_some() => {}
            1 => {
                return Err(Status::internal(format!(
                    "{}: a {} message is flagged as compressed, but no grpc-encoding was named",
                    self.side.name(),
                    self.side.incoming()
                )));
            }
            flag => {
                return Err(Status::internal(format!(
                    "{}: a {} message has the flag byte {flag}, which gRPC does not define (0 or \
                     1); are these gRPC frames?",
                    self.side.name(),
                    self.side.incoming()
                )));
            }
        }
        let len = envelope_len(envelope);
        if len > self.limit {
            return Err(self.too_large(len));
        }
        Ok(ENVELOPE + len)
    }

    fn open(&self, framed: Bytes) -> Result<Payload, Status> {
        if framed[0] == 0 {
            return Ok(Payload::from_framed(framed));
        }
        let Some(encoding) = self.encoding else {
            return Ok(Payload::from_framed(framed));
        };
        let mut message = BytesMut::zeroed(ENVELOPE);
        compression::decompress(encoding, &framed[ENVELOPE..], self.limit, &mut message).map_err(
            |error| match error {
                DecompressError::TooLarge => self.too_large_decompressed(),
                bomb @ DecompressError::Bomb { .. } => Status::resource_exhausted(format!(
                    "{}: a {} message was refused: {bomb}",
                    self.side.name(),
                    self.side.incoming()
                )),
                error => Status::internal(format!(
                    "{}: a {} message can't be decompressed as {encoding}: {error}",
                    self.side.name(),
                    self.side.incoming()
                )),
            },
        )?;
        write_envelope(&mut message, 0, false)?;
        Ok(Payload::from_framed(message.freeze()).arrived_compressed())
    }

    fn too_large(&self, len: usize) -> Status {
        Status::new(
            Code::ResourceExhausted,
            format!(
                "{}: a {} message of {len} bytes is over the receive limit of {} bytes \
                 ({} raises it)",
                self.side.name(),
                self.side.incoming(),
                self.limit,
                receive_option(self.side),
            ),
        )
    }

    fn too_large_decompressed(&self) -> Status {
        Status::new(
            Code::ResourceExhausted,
            format!(
                "{}: a compressed {} message is over the receive limit of {} bytes once \
                 decompressed ({} raises it)",
                self.side.name(),
                self.side.incoming(),
                self.limit,
                receive_option(self.side),
            ),
        )
    }
}

const fn receive_option(side: Side) -> &'static str {
    match side {
        Side::Client => "Channel::builder(..).limits(..), Limits::max_receive_message,",
        Side::Server => "max_receive_message_size on the service, or Limits::max_receive_message,",
    }
}

/// How the messages of one direction are compressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compress {
    pub(crate) encoding: Encoding,
    /// Messages shorter than this are sent as they are: compressing them costs more than it
    /// saves.
    pub(crate) min_size: usize,
}

/// The bytes of one message for the wire.
pub(crate) fn enclose(
    payload: Payload,
    compress: Option<Compress>,
    limit: usize,
    side: Side,
) -> Result<Bytes, Status> {
    if payload.len() > limit {
        return Err(Status::resource_exhausted(format!(
            "{}: a {} message of {} bytes is over the send limit of {limit} bytes \
             (Limits::max_send_message raises it)",
            side.name(),
            side.outgoing(),
            payload.len(),
        )));
    }
    match compress {
        Some(compress) if payload.may_compress() && payload.len() >= compress.min_size => {
            let mut framed = BytesMut::zeroed(ENVELOPE);
            compression::compress(compress.encoding, payload.as_slice(), &mut framed).map_err(
                |error| {
                    Status::internal(format!(
                        "{}: a {} message could not be compressed: {error}",
                        side.name(),
                        side.outgoing()
                    ))
                },
            )?;
            write_envelope(&mut framed, 0, true)?;
            Ok(framed.freeze())
        }
        _ => Ok(payload.into_framed()),
    }
}
