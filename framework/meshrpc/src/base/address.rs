//! Where a server can be reached.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a connector connects to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A TCP address.
    Ip(SocketAddr),
    /// A Unix domain socket.
    #[cfg(unix)]
    Unix(std::path::PathBuf),
    /// A name that means something to a connector of the user's own (`passthrough:name`): an
    /// in-memory pipe, a host of a simulated network.
    Named(Arc<str>),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Ip(address)
    }
}
