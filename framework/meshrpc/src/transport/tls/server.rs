//! The server's side of TLS.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::pem::{Identity, Pem, add_roots};
use super::{H2, TlsError, peer, provider, require_h2};
use crate::base::PeerTls;
use crate::transport::Io;

/// How a server speaks TLS: who it is, and which clients it asks for a certificate.
///
/// ```no_run
/// # async fn example(builder: meshrpc::server::ServerBuilder) -> Result<(), meshrpc::server::ServeError> {
/// use meshrpc::ServerTls;
///
/// let tls = ServerTls::from_files("server.pem", "server.key").client_ca_file("clients-ca.pem");
/// builder.tls(tls).serve("0.0.0.0:50051").await
/// # }
/// ```
///
/// A handler finds the client's certificates in
/// [`Peer::tls`](crate::Peer::tls). Files are read when the server starts; what is wrong with
/// them is its error.
#[derive(Debug, Clone)]
#[must_use]
pub struct ServerTls {
    identity: Source,
    client_authorities: Vec<Pem>,
    client_auth_optional: bool,
}

#[derive(Debug, Clone)]
enum Source {
    Identity(Identity),
    Config(Arc<ServerConfig>),
}

impl ServerTls {
    /// A server whose certificate, with its issuers after it, and private key are in PEM
    /// files.
    pub fn from_files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self::new(Source::Identity(Identity {
            certificate: Pem::file(certificate),
            key: Pem::file(key),
        }))
    }

    /// A server whose certificate, with its issuers after it, and private key are PEM texts.
    pub fn from_pem(certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        Self::new(Source::Identity(Identity {
            certificate: Pem::text(certificate),
            key: Pem::text(key),
        }))
    }

    /// TLS as `config` says. Its ALPN protocols become `h2` if it has none; the other settings
    /// here don't count.
    pub fn from_rustls(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::new(Source::Config(config.into()))
    }

    fn new(identity: Source) -> Self {
        Self {
            identity,
            client_authorities: Vec::new(),
            client_auth_optional: false,
        }
    }

    /// Accepts only clients with a certificate from an authority in this PEM file. May be
    /// repeated.
    pub fn client_ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.client_authorities.push(Pem::file(file));
        self
    }

    /// Accepts only clients with a certificate from an authority in this PEM text. May be
    /// repeated.
    pub fn client_ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.client_authorities.push(Pem::text(pem));
        self
    }

    /// Accepts clients without a certificate, too. One that is presented still has to come
    /// from an authority that was named; the handler decides what an absent one means.
    pub fn client_auth_optional(mut self) -> Self {
        self.client_auth_optional = true;
        self
    }

    pub(crate) fn acceptor(&self) -> Result<Acceptor, TlsError> {
        let mut config = match &self.identity {
            Source::Config(config) => ServerConfig::clone(config),
            Source::Identity(identity) => self.config(identity)?,
        };
        require_h2(&mut config.alpn_protocols)?;
        Ok(Acceptor(Arc::new(config).into()))
    }

    fn config(&self, identity: &Identity) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::refused("TLS 1.2 and 1.3 with ring", error))?;
        let builder = if self.client_authorities.is_empty() {
            builder.with_no_client_auth()
        } else {
            builder.with_client_cert_verifier(self.client_verifier()?)
        };
        let (chain, key) = identity.read()?;
        builder
            .with_single_cert(chain, key)
            .map_err(|error| identity.refused(error))
    }

    fn client_verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let mut roots = RootCertStore::empty();
        add_roots(&mut roots, &self.client_authorities)?;
        let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
        let builder = if self.client_auth_optional {
            builder.allow_unauthenticated()
        } else {
            builder
        };
        builder
            .build()
            .map_err(|error| TlsError::refused("the clients' certificate authorities", error))
    }
}

/// Performs a server's handshakes.
#[derive(Clone)]
pub(crate) struct Acceptor(TlsAcceptor);

impl Acceptor {
    /// Secures a connection from a client.
    pub(crate) async fn handshake(&self, io: Io) -> io::Result<(Io, PeerTls)> {
        let stream = self.0.accept(io).await?;
        let (_, session) = stream.get_ref();
        if session.alpn_protocol() != Some(H2) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the client did not offer HTTP/2 (ALPN h2); is it a gRPC client?",
            ));
        }
        let peer = peer(session.peer_certificates());
        Ok((Io::boxed(stream), peer))
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}
