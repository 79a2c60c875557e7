//! Why there is no channel.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tonic::Status;

/// Why a channel could not be made or did not connect.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ConnectError {
    /// The target is not of a form that a channel understands.
    #[non_exhaustive]
    InvalidTarget {
        /// The target as it was given.
        target: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// No address of the target accepted a connection.
    #[non_exhaustive]
    Unreachable {
        /// The target as it was given.
        target: String,
        /// What the last attempt ended with.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The TLS settings can't be used.
    #[cfg(feature = "tls")]
    #[non_exhaustive]
    Tls {
        /// The target as it was given.
        target: String,
        /// What is wrong with them.
        source: crate::transport::tls::TlsError,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidTarget { target, reason } => {
                write!(f, "{target:?} is no target for a channel: {reason}")
            }
            Self::Unreachable { target, source } => {
                write!(f, "can't connect to {target}: {source}")
            }
            #[cfg(feature = "tls")]
            Self::Tls { target, source } => write!(f, "the TLS settings for {target}: {source}"),
        }
    }
}

impl From<ConnectError> for Status {
    fn from(error: ConnectError) -> Self {
        let mut status = Self::unavailable(format!("client: {error}"));
        status.set_source(Arc::new(error));
        status
    }
}

/// A failure inside the channel, told by its message alone.
#[derive(Debug)]
pub(super) struct Cause(pub(super) Status);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::InvalidTarget { .. } => None,
            Self::Unreachable { source, .. } => Some(source.as_ref()),
            #[cfg(feature = "tls")]
            Self::Tls { source, .. } => Some(source),
        }
    }
}
