//! Why a server does not serve.

use std::error::Error;
use std::{fmt, io};

/// Why a server could not start or had to stop.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The address can't be listened on.
    #[non_exhaustive]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// Two services have the same name.
    #[non_exhaustive]
    DuplicateService {
        /// The service's full name.
        name: String,
    },
    /// The server was given nothing to listen on.
    NoListener,
    /// The TLS settings can't be used.
    #[cfg(feature = "tls")]
    #[non_exhaustive]
    Tls {
        /// What is wrong with them.
        source: crate::transport::tls::TlsError,
    },
}

#[cfg(feature = "tls")]
impl From<crate::transport::tls::TlsError> for ServeError {
    fn from(source: crate::transport::tls::TlsError) -> Self {
        Self::Tls { source }
    }
}

/// What to do about an address that can't be listened on.
fn remedy(address: &str, kind: io::ErrorKind) -> &'static str {
    let unix = address.starts_with("unix:");
    match kind {
        io::ErrorKind::AddrInUse if unix => "; choose another path, or stop what has this one",
        io::ErrorKind::AddrInUse => {
            "; another process has the port: stop it, or listen on another port (0 picks a free \
             one)"
        }
        io::ErrorKind::PermissionDenied if unix => {
            "; the process's user needs permission to write to the directory"
        }
        io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges",
        io::ErrorKind::NotFound if unix => "; the directory has to exist",
        io::ErrorKind::AddrNotAvailable => "; no interface of this machine has the address",
        io::ErrorKind::InvalidInput if !unix => "; an address is host:port, such as 0.0.0.0:50051",
        _ => "",
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, source } => {
                write!(f, "can't listen on {address}: {source}")?;
                f.write_str(remedy(address, source.kind()))
            }
            Self::NoListener => f.write_str(
                "the server has nothing to listen on: name something by listen(address), \
                 listen_unix(path) or listen_on(listener)",
            ),
            #[cfg(feature = "tls")]
            Self::Tls { source } => write!(f, "the server's TLS settings: {source}"),
            Self::DuplicateService { name } => write!(
                f,
                "service {name} was added twice; a server has one implementation of each service"
            ),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            Self::DuplicateService { .. } | Self::NoListener => None,
            #[cfg(feature = "tls")]
            Self::Tls { source } => Some(source),
        }
    }
}
