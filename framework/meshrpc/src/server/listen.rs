//! What a server listens on, before it does.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use super::error::ServeError;
use crate::transport::{self, IntoListener, Listener};

/// One thing to listen on. Bound when the server starts, so that the order of a builder's
/// methods does not matter and errors come from where they are awaited.
pub(super) enum Bind {
    Tcp {
        name: String,
        addresses: io::Result<Vec<SocketAddr>>,
    },
    #[cfg(unix)]
    Unix(std::path::PathBuf),
    Ready(io::Result<Box<dyn Listener>>),
}

impl Bind {
    pub(super) fn tcp(address: impl ToSocketAddrs + std::fmt::Debug) -> Self {
        Self::Tcp {
            // A text's Debug form is quoted; the address is not.
            name: format!("{address:?}").trim_matches('"').to_owned(),
            addresses: address.to_socket_addrs().map(Iterator::collect),
        }
    }

    pub(super) fn ready(listener: impl IntoListener) -> Self {
        Self::Ready(listener.into_listener())
    }

    pub(super) fn listen(self, reuse_port: bool) -> Result<Box<dyn Listener>, ServeError> {
        match self {
            Self::Ready(listener) => listener.map_err(|source| ServeError::Listen {
                address: "the listener that was handed in".to_owned(),
                source,
            }),
            #[cfg(unix)]
            Self::Unix(path) => match transport::listen_unix(&path) {
                Ok(listener) => Ok(Box::new(listener)),
                Err(source) => Err(ServeError::Listen {
                    address: format!("unix:{}", path.display()),
                    source,
                }),
            },
            Self::Tcp { name, addresses } => {
                let failed = |source| ServeError::Listen {
                    address: name,
                    source,
                };
                let mut last = None;
                match addresses {
                    Err(error) => last = Some(error),
                    Ok(addresses) => {
                        for address in addresses {
                            match transport::listen(address, reuse_port) {
                                Ok(listener) => return Ok(Box::new(listener)),
                                Err(error) => last = Some(error),
                            }
                        }
                    }
                }
                Err(failed(last.unwrap_or_else(|| {
                    io::Error::new(io::ErrorKind::NotFound, "the name has no addresses")
                })))
            }
        }
    }
}
