//! Byte streams: what connectors and listeners yield.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::sniff::Again;

/// A byte stream that connects two peers.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection's byte stream. An enum, because plain TCP is the common case and pays for no
/// indirection.
pub(crate) enum Io {
    Tcp(TcpStream),
    Boxed(Box<dyn Stream>),
    /// A stream whose first bytes were looked at.
    Again(Again),
}

impl Io {
    pub(crate) fn boxed(stream: impl Stream + 'static) -> Self {
        Self::Boxed(Box::new(stream))
    }
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Boxed(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Again(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buffer),
            Self::Boxed(stream) => Pin::new(stream).poll_write(cx, buffer),
            Self::Again(stream) => Pin::new(stream).poll_write(cx, buffer),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, buffers),
            Self::Boxed(stream) => Pin::new(stream).poll_write_vectored(cx, buffers),
            Self::Again(stream) => Pin::new(stream).poll_write_vectored(cx, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Boxed(stream) => stream.is_write_vectored(),
            Self::Again(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Boxed(stream) => Pin::new(stream).poll_flush(cx),
            Self::Again(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Boxed(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Again(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Socket options of a TCP connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TcpOptions {
    /// Send small writes at once (`TCP_NODELAY`). On by default: a call must not wait 40 ms
    /// for an acknowledgement.
    pub(crate) nodelay: bool,
    /// How long sent bytes may stay unacknowledged (`TCP_USER_TIMEOUT`, gRFC A18).
    pub(crate) user_timeout: Option<Duration>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            nodelay: true,
            user_timeout: None,
        }
    }
}

impl TcpOptions {
    pub(crate) fn apply(self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(self.nodelay)?;
        #[cfg(target_os = "linux")]
        if let Some(timeout) = self.user_timeout {
            socket2::SockRef::from(stream).set_tcp_user_timeout(Some(timeout))?;
        }
        Ok(())
    }
}

/// Connects to one address.
pub(crate) async fn connect(address: SocketAddr, options: TcpOptions) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    options.apply(&stream)?;
    Ok(stream)
}

/// Resolves `host:port` by the operating system.
pub(crate) async fn resolve(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host(name).await?.collect())
}

/// Listens on one address.
pub(crate) fn listen(address: SocketAddr, reuse_port: bool) -> io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restarted server takes its port over while old connections are in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    if reuse_port {
        socket.set_reuse_port(true)?;
    }
    #[cfg(not(unix))]
    let _ = reuse_port;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}
