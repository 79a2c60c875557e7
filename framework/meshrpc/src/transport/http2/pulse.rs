//! Whether anything was heard from the peer: what keepalive goes by.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Signs of life of a peer, shared by the byte stream, which sees them, and the keepalive, which
/// waits for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulse(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    heard: AtomicBool,
    dead: AtomicBool,
}

impl Pulse {
    /// Whether something was received since the last question.
    pub(super) fn take(&self) -> bool {
        self.0.heard.load(Ordering::Relaxed) && self.0.heard.swap(false, Ordering::Relaxed)
    }

    /// Lets the byte stream fail: the peer does not answer. The HTTP/2 engine then ends the
    /// connection and tells every call why.
    pub(super) fn give_up(&self) {
        self.0.dead.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.dead.load(Ordering::Relaxed) {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the peer did not answer a keepalive ping in time",
            ));
        }
        Ok(())
    }
}

/// A byte stream whose signs of life are noted.
pub(super) struct Watched<T> {
    io: T,
    pulse: Pulse,
}

impl<T> Watched<T> {
    pub(super) fn new(io: T) -> (Self, Pulse) {
        let pulse = Pulse::default();
        let watched = Self {
            io,
            pulse: pulse.clone(),
        };
        (watched, pulse)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.pulse.check()?;
        ready!(Pin::new(&mut this.io).poll_read(cx, buffer))?;
        this.pulse.0.heard.store(true, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.pulse.check()?;
        Pin::new(&mut this.io).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.pulse.check()?;
        Pin::new(&mut this.io).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.pulse.check()?;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
