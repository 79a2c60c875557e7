//! A client's bytes on their way into a server.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::scan::Scanner;
use crate::base::{Limits, rt};
use crate::transport::Io;

/// Closes a connection whose peer does not begin, or leaves a header block unfinished.
pub(crate) struct Guard {
    io: Io,
    scanner: Scanner,
    waiting: Option<Waiting>,
    header_block_timeout: Duration,
}

/// What the peer is due to finish, and until when.
struct Waiting {
    /// The number of a header block; `None` for the greeting.
    block: Option<u64>,
    until: Pin<Box<Sleep>>,
}

impl Guard {
    pub(crate) fn new(io: Io, limits: &Limits) -> Self {
        Self {
            io,
            scanner: Scanner::client(),
            waiting: Some(Waiting {
                block: None,
                until: Box::pin(rt::sleep(limits.preface_timeout)),
            }),
            header_block_timeout: limits.header_block_timeout,
        }
    }

    fn received(&mut self, bytes: &[u8]) {
        self.scanner.feed(bytes);
        if !self.scanner.greeted() {
            return;
        }
        let open = self.scanner.open_block();
        if open.is_some() || self.waiting.is_some() {
            self.wait_for(open);
        }
    }

    /// A block under way keeps its timer, so that bytes in drops don't prolong it.
    fn wait_for(&mut self, open: Option<u64>) {
        if self.waiting.as_ref().map(|waiting| waiting.block) == open.map(Some) {
            return;
        }
        self.waiting = open.map(|block| Waiting {
            block: Some(block),
            until: Box::pin(rt::sleep(self.header_block_timeout)),
        });
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(waiting) = &mut self.waiting else {
            return Poll::Pending;
        };
        waiting.until.as_mut().poll(cx).map(|()| {
            let what = match waiting.block {
                None => "the peer sent no HTTP/2 settings in time (Limits::preface_timeout)".into(),
                Some(_) => format!(
                    "the peer left a header block unfinished for {:?} \
                     (Limits::header_block_timeout)",
                    self.header_block_timeout
                ),
            };
            io::Error::new(io::ErrorKind::TimedOut, what)
        })
    }
}

impl AsyncRead for Guard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        match Pin::new(&mut this.io).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                this.received(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => this.poll_waiting(cx).map(Err),
        }
    }
}

impl AsyncWrite for Guard {
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
