//! TLS by rustls.
//!
//! The cryptography is always `ring`, named here. The process-wide default provider of rustls
//! is never asked: another crate's choice must not change what this one does, and a missing
//! one must not panic at the first connection.

mod client;
mod connector;
mod error;
mod explain;
mod pem;
mod server;

use std::sync::Arc;

use bytes::Bytes;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;

use crate::base::PeerTls;

pub use client::ClientTls;
pub(crate) use client::Connector;
pub(crate) use connector::Secured;
pub use error::TlsError;
pub(crate) use explain::explain;
pub(crate) use server::Acceptor;
pub use server::ServerTls;

/// What ALPN calls HTTP/2.
const H2: &[u8] = b"h2";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The ALPN protocols of a configuration that a user made: HTTP/2 unless it says so itself.
fn require_h2(protocols: &mut Vec<Vec<u8>>) -> Result<(), TlsError> {
    if protocols.is_empty() {
        protocols.push(H2.to_vec());
    }
    if protocols.iter().any(|protocol| protocol == H2) {
        Ok(())
    } else {
        Err(TlsError::NoHttp2)
    }
}

/// What a finished handshake says about the peer.
fn peer(certificates: Option<&[CertificateDer<'_>]>) -> PeerTls {
    let certificates = certificates.unwrap_or_default().iter();
    PeerTls {
        certificates: certificates
            .map(|certificate| Bytes::copy_from_slice(certificate))
            .collect(),
    }
}
