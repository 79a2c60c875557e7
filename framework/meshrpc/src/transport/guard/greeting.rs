//! A server's first bytes on their way into a client.
//!
//! A connection is one only when the server has said so: its first frame is SETTINGS. What
//! else arrives tells what is there instead, and that is worth more to whoever mistyped a port
//! than a protocol error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::Io;

const HEAD: usize = 9;
const SETTINGS: u8 = 0x4;

/// Lets a server's bytes through once they have begun like HTTP/2.
pub(crate) struct Greeting {
    io: Io,
    head: [u8; HEAD],
    /// Bytes of the head that were seen; all of them once the server has greeted.
    have: usize,
}

impl Greeting {
    pub(crate) fn new(io: Io) -> Self {
        Self {
            io,
            head: [0; HEAD],
            have: 0,
        }
    }

    fn greeted(&self) -> bool {
        self.have == HEAD
    }

    /// The server's next bytes; none at the end.
    fn received(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection before it said anything; does it speak \
                 HTTP/2 (gRPC) in plaintext? A TLS server's target is https://…",
            ));
        }
        let n = bytes.len().min(HEAD - self.have);
        self.head[self.have..self.have + n].copy_from_slice(&bytes[..n]);
        self.have += n;
        match instead(&self.head[..self.have]) {
            Some(instead) => Err(io::Error::new(io::ErrorKind::InvalidData, instead)),
            None => Ok(()),
        }
    }
}

/// What a server is whose first bytes are not those of a SETTINGS frame.
fn instead(head: &[u8]) -> Option<&'static str> {
    match head {
        // A TLS record: an alert about the plaintext that it got.
        [0x15, ..] => Some(
            "the server speaks TLS on this port; the target is https://…, not http://… (feature \
             \"tls\")",
        ),
        [b'H', ..] => Some(
            "the server answered in HTTP/1, not in HTTP/2; is it a gRPC server, or a proxy in \
             front of one?",
        ),
        // The length of SETTINGS is below 64 KiB, its type 4, its stream 0.
        [first, ..] if *first != 0 => Some(NOT_HTTP2),
        [_, _, _, kind, ..] if *kind != SETTINGS => Some(NOT_HTTP2),
        [_, _, _, _, _, stream @ ..] if stream.iter().any(|byte| *byte != 0) => Some(NOT_HTTP2),
        _ => None,
    }
}

const NOT_HTTP2: &str = "the server's first bytes are not HTTP/2; is it a gRPC server?";

impl AsyncRead for Greeting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut this.io).poll_read(cx, buffer));
        #[cfg(feature = "tls")]
        let result = result.map_err(crate::transport::tls::explain);
        let result = result.and_then(|()| {
            if this.greeted() {
                return Ok(());
            }
            this.received(&buffer.filled()[before..])
        });
        if result.is_err() {
            // An error reads nothing.
            buffer.set_filled(before);
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Greeting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::base::rt;

    /// What reading a server's bytes to their end yields, with the bytes arriving singly.
    async fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (ours, mut theirs) = tokio::io::duplex(1);
        let mut io = Greeting::new(Io::boxed(ours));
        let bytes = bytes.to_vec();
        let writer = rt::spawn(async move {
            let _ = theirs.write_all(&bytes).await;
        });
        let mut all = Vec::new();
        let result = io.read_to_end(&mut all).await;
        drop(io);
        writer.await.unwrap();
        result.map(|_| all)
    }

    #[tokio::test]
    async fn what_follows_settings_is_passed_on() {
        let bytes = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9, 0x15, b'H'];
        assert_eq!(read(&bytes).await.unwrap(), bytes);
    }

    #[tokio::test]
    async fn what_is_there_instead_is_named() {
        for (bytes, word) in [
            (&[0x15, 3, 3, 0, 2, 2, 70][..], "https://"),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1"),
            (b"220 mail.example ESMTP", "not HTTP/2"),
            (&[0, 0, 0, 6, 0, 0, 0, 0, 0], "not HTTP/2"),
            (&[0, 0, 0, 4, 0, 0, 0, 0, 1], "not HTTP/2"),
            (b"", "closed the connection before"),
        ] {
            let error = read(bytes).await.unwrap_err().to_string();
            assert!(error.contains(word), "{bytes:?}: {error}");
        }
    }
}
