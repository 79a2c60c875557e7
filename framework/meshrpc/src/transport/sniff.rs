//! Which HTTP a client speaks, by its first bytes.
//!
//! HTTP/2 begins with a preface that no HTTP/1 request can begin with. Everything that is neither
//! is left to the HTTP/2 engine, which has its own answer to garbage.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::Io;
use super::io::Stream;
use crate::base::rt;

/// What a connection speaks.
pub(crate) enum Spoken {
    Http2(Io),
    Http1(Io),
}

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Http2,
    Http1,
    /// There are too few.
    Unclear,
}

/// As far as the HTTP/2 preface has to be seen: a method of HTTP/1 may begin with `PR`.
const TOLD: &[u8] = b"PRI ";

/// The pause before a client's bytes are looked at again when there were too few: one to three
/// bytes alone are seen from slow or hostile clients only, and must not keep a worker busy.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

fn judge(bytes: &[u8]) -> Verdict {
    let told = bytes.len().min(TOLD.len());
    if bytes[..told] == TOLD[..told] {
        return match told == TOLD.len() {
            true => Verdict::Http2,
            false => Verdict::Unclear,
        };
    }
    // Methods are tokens, in practice of capital letters.
    match bytes.iter().take(TOLD.len()).all(u8::is_ascii_uppercase)
        || bytes
            .iter()
            .position(|byte| *byte == b' ')
            .is_some_and(|at| at > 0 && bytes[..at].iter().all(u8::is_ascii_uppercase))
    {
        true => Verdict::Http1,
        false => Verdict::Http2,
    }
}

/// Waits for a client's first bytes. They stay unread.
pub(crate) async fn sniff(io: Io) -> io::Result<Spoken> {
    let (io, verdict) = match io {
        Io::Tcp(stream) => {
            // A look at the kernel's buffer: plain TCP goes on without anything in between.
            let mut seen = [0; TOLD.len()];
            let verdict = loop {
                let len = stream.peek(&mut seen).await?;
                match judge(&seen[..len]) {
                    Verdict::Unclear if len > 0 => rt::sleep(PAUSE).await,
                    verdict => break verdict,
                }
            };
            (Io::Tcp(stream), verdict)
        }
        Io::Boxed(mut stream) => {
            let mut seen = Vec::with_capacity(TOLD.len());
            let verdict = loop {
                let mut next = (&mut stream).take((TOLD.len() - seen.len()) as u64);
                let len = next.read_buf(&mut seen).await?;
                match judge(&seen) {
                    Verdict::Unclear if len > 0 => {}
                    verdict => break verdict,
                }
            };
            let again = Again {
                seen: seen.into(),
                stream,
            };
            (Io::Again(again), verdict)
        }
        Io::Again(_) => unreachable!("nobody looks twice"),
    };
    Ok(match verdict {
        Verdict::Http1 => Spoken::Http1(io),
        Verdict::Http2 | Verdict::Unclear => Spoken::Http2(io),
    })
}

/// A stream whose first bytes are read once more.
pub(crate) struct Again {
    seen: Bytes,
    stream: Box<dyn Stream>,
}

impl AsyncRead for Again {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.seen.is_empty() && buffer.remaining() > 0 {
            let len = self.seen.len().min(buffer.remaining());
            buffer.put_slice(&self.seen.split_to(len));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Again {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[test]
    fn the_first_bytes_tell_the_version() {
        for (bytes, verdict) in [
            (&b"PRI * HTTP/2.0"[..], Verdict::Http2),
            (b"PRI ", Verdict::Http2),
            (b"PRI", Verdict::Unclear),
            (b"P", Verdict::Unclear),
            (b"", Verdict::Unclear),
            (b"POST", Verdict::Http1),
            (b"PROPFIND", Verdict::Http1),
            (b"GET ", Verdict::Http1),
            (b"G", Verdict::Http1),
            (b"\x16\x03\x01\x02", Verdict::Http2),
            (b"\0\0\0\x04", Verdict::Http2),
            (b"get ", Verdict::Http2),
            (b" GET", Verdict::Http2),
        ] {
            assert_eq!(judge(bytes), verdict, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn what_was_looked_at_is_still_there() {
        for text in ["PRI * HTTP/2.0\r\n", "POST / HTTP/1.1\r\n", "P", ""] {
            let (mut near, far) = tokio::io::duplex(1);
            let writer = async move {
                near.write_all(text.as_bytes()).await.unwrap();
                drop(near);
            };
            let reader = async move {
                let (Spoken::Http2(mut io) | Spoken::Http1(mut io)) =
                    sniff(Io::boxed(far)).await.unwrap();
                let mut all = String::new();
                io.read_to_string(&mut all).await.unwrap();
                all
            };
            let ((), all) = tokio::join!(writer, reader);
            assert_eq!(all, text);
        }
    }
}
