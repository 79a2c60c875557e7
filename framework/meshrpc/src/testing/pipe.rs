//! An in-memory pipe in place of a socket.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::{mpsc, watch};

use crate::base::Address;
use crate::client::{Connecting, Connection, Connector};
use crate::server::Listener;

/// What a pipe holds before its writer waits, in each direction: about what a socket does.
const BUFFER: usize = 64 * 1024;

/// An in-memory pipe: what one end connects, the other accepts, any number of times.
///
/// [`serve`](super::serve) does all of it; the ends are for tests with a connector or listener in between,
/// or with several servers and names.
pub fn pipe() -> (PipeConnector, PipeListener) {
    let (connect, accept) = mpsc::unbounded_channel();
    let (cut, _) = watch::channel(());
    (PipeConnector { connect, cut }, PipeListener { accept })
}

/// The connecting end of a [`pipe`].
#[derive(Debug, Clone)]
pub struct PipeConnector {
    connect: mpsc::UnboundedSender<DuplexStream>,
    cut: watch::Sender<()>,
}

impl PipeConnector {
    /// Breaks all connections that were made, as a failing network does.
    pub fn disconnect(&self) {
        self.cut.send_replace(());
    }
}

impl Connector for PipeConnector {
    fn connect<'a>(&'a self, _: &'a Address) -> Connecting<'a> {
        Box::pin(async {
            let (ours, theirs) = duplex(BUFFER);
            let mut cut = self.cut.subscribe();
            self.connect.send(theirs).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::ConnectionRefused,
                    "the server at the other end of the pipe has ended",
                )
            })?;
            Ok(Connection::new(PipeStream {
                stream: Some(ours),
                cut: Box::pin(async move {
                    // An error means that nobody can cut any more.
                    if cut.changed().await.is_err() {
                        std::future::pending().await
                    }
                }),
            }))
        })
    }
}

/// The accepting end of a [`pipe`].
#[derive(Debug)]
pub struct PipeListener {
    accept: mpsc::UnboundedReceiver<DuplexStream>,
}

impl Listener for PipeListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
        self.accept
            .poll_recv(cx)
            .map(|stream| stream.map(|stream| Ok(Connection::new(stream))))
    }

    fn name(&self) -> String {
        "an in-memory pipe".to_owned()
    }
}

/// A connection's client end, until it is cut.
struct PipeStream {
    stream: Option<DuplexStream>,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl PipeStream {
    fn stream(&mut self) -> io::Result<Pin<&mut DuplexStream>> {
        match &mut self.stream {
            Some(stream) => Ok(Pin::new(stream)),
            None => Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "the test cut the pipe",
            )),
        }
    }
}

impl AsyncRead for PipeStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stream.is_some() && self.cut.as_mut().poll(cx).is_ready() {
            // The server's end reads the end.
            self.stream = None;
        }
        self.stream()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for PipeStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}

impl fmt::Debug for PipeStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeStream")
            .field("cut", &self.stream.is_none())
            .finish_non_exhaustive()
    }
}
