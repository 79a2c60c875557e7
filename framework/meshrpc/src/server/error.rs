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
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, source } => {
                write!(f, "can't listen on {address}: {source}")?;
                match source.kind() {
                    io::ErrorKind::AddrInUse => f.write_str(
                        "; another process has the port: stop it, or listen on another port (0 \
                         picks a free one)",
                    ),
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("; ports below 1024 need privileges")
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        f.write_str("; no interface of this machine has the address")
                    }
                    _ => Ok(()),
                }
            }
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
            Self::DuplicateService { .. } => None,
        }
    }
}
