//! Why there are no TLS settings.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

/// Why certificates, keys or the rest of [`ClientTls`](super::ClientTls) or
/// [`ServerTls`](super::ServerTls) can't be used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read.
    #[non_exhaustive]
    Unreadable {
        /// What the file was given as.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// A file or text does not hold what it was given as.
    #[non_exhaustive]
    WrongContent {
        /// What it was given as.
        what: &'static str,
        /// The file, or that it was given as a text.
        place: String,
        /// What it holds instead, and what to do.
        reason: String,
    },
    /// A certificate and a private key don't belong together.
    #[non_exhaustive]
    KeyMismatch {
        /// Where the certificate came from.
        certificate: String,
        /// Where the key came from.
        key: String,
    },
    /// rustls refuses the settings.
    #[non_exhaustive]
    Refused {
        /// What was being set up, and from where.
        what: String,
        /// What rustls says.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// A client has no certificate authority to trust.
    NoRoots,
    /// The rustls configuration that was handed in offers ALPN protocols, and `h2` is not one
    /// of them.
    NoHttp2,
    /// A name that no certificate can be for.
    #[non_exhaustive]
    InvalidServerName {
        /// The name as it was given.
        name: String,
    },
}

impl TlsError {
    pub(super) fn refused(
        what: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Refused {
            what: what.into(),
            source: Arc::from(source.into()),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { what, file, source } => {
                write!(f, "can't read the {what} from {}: {source}", file.display())?;
                match source.kind() {
                    io::ErrorKind::NotFound => f.write_str(
                        "; a relative path starts at the directory that the process runs in",
                    ),
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("; the process's user needs permission to read it")
                    }
                    _ => Ok(()),
                }
            }
            Self::WrongContent {
                what,
                place,
                reason,
            } => write!(f, "{place} holds no {what}: {reason}"),
            Self::KeyMismatch { certificate, key } => write!(
                f,
                "the certificate in {certificate} and the private key in {key} don't belong \
                 together; give the key that the certificate was requested with, and the \
                 certificate for itself first in its file, its issuers after it"
            ),
            Self::Refused { what, source } => write!(f, "{what} can't be used: {source}"),
            Self::NoRoots => f.write_str(
                "there is no certificate authority to trust: give one by \
                 ClientTls::new().ca_file(..) or ca_pem(..), or switch on meshrpc's feature \
                 \"native-roots\" (the operating system's) or \"webpki-roots\" (Mozilla's)",
            ),
            Self::NoHttp2 => f.write_str(
                "the rustls configuration's alpn_protocols lack \"h2\", which gRPC needs: add \
                 it, or leave them empty and it is added here",
            ),
            Self::InvalidServerName { name } => write!(
                f,
                "{name:?} is no name that a certificate can be for: a host name or an IP \
                 address is, without port; ClientTls::server_name(..) sets another one than the \
                 target's"
            ),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source.as_ref()),
            Self::Refused { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}
