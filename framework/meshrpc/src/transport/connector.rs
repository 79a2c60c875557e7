//! Where a channel's byte streams come from: the seam for TLS, in-memory pipes, simulated
//! networks and whatever else a user brings.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::io::{Io, TcpOptions, connect};
use crate::base::{Address, Peer};

/// The future of a [`Connector`].
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Connection>> + Send + 'a>>;

/// Yields byte streams to addresses.
///
/// A channel asks for one address at a time and decides itself which, when and how often; it
/// also bounds the time that an attempt may take, by dropping the future.
///
/// ```
/// use meshrpc::client::{Address, Connecting, Connection, Connector};
///
/// /// Connects every address to the same in-memory pipe.
/// #[derive(Debug)]
/// struct Pipe(std::sync::Mutex<Option<tokio::io::DuplexStream>>);
///
/// impl Connector for Pipe {
///     fn connect<'a>(&'a self, _address: &'a Address) -> Connecting<'a> {
///         Box::pin(async {
///             let pipe = self.0.lock().unwrap().take();
///             pipe.map(Connection::new).ok_or_else(|| std::io::Error::other("used already"))
///         })
///     }
/// }
/// ```
pub trait Connector: fmt::Debug + Send + Sync + 'static {
    /// Connects to `address`.
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a>;
}

/// A byte stream between a client and a server, and what is known about the other end.
pub struct Connection {
    pub(crate) io: Io,
    pub(crate) peer: Peer,
}

impl Connection {
    /// A connection over `stream`.
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::from_io(Io::boxed(stream), Peer::default())
    }

    /// The same connection, to this peer.
    #[must_use]
    pub fn with_peer(mut self, peer: Peer) -> Self {
        self.peer = peer;
        self
    }

    /// What is known about the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    pub(crate) const fn from_io(io: Io, peer: Peer) -> Self {
        Self { io, peer }
    }
}

/// A TCP connection, with both addresses as its facts.
impl From<TcpStream> for Connection {
    fn from(stream: TcpStream) -> Self {
        let peer = Peer {
            remote_addr: stream.peer_addr().ok(),
            local_addr: stream.local_addr().ok(),
            tls: None,
        };
        Self::from_io(Io::Tcp(stream), peer)
    }
}

/// A connection is itself a byte stream, so that one connector can wrap another's.
impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
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

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// The sockets of the operating system; what a channel uses unless it is given something else.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SocketConnector {
    pub(crate) tcp: TcpOptions,
}

impl Connector for SocketConnector {
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a> {
        Box::pin(async move {
            match address {
                Address::Ip(address) => {
                    let stream = connect(*address, self.tcp).await?;
                    let peer = Peer {
                        remote_addr: Some(*address),
                        local_addr: stream.local_addr().ok(),
                        tls: None,
                    };
                    Ok(Connection::from_io(Io::Tcp(stream), peer))
                }
                #[cfg(unix)]
                Address::Unix(path) => super::unix::connect(path).await,
                other => Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    format!("{other} is no socket address; give the channel a connector for it"),
                )),
            }
        })
    }
}
