//! The client's side of TLS.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::pem::{Identity, Pem, add_roots};
use super::{H2, TlsError, explain, peer, provider, require_h2};
use crate::base::PeerTls;
use crate::transport::Io;

/// How a client speaks TLS: whom it trusts, and who it is.
///
/// Without any authority named here, a client trusts the operating system's (feature
/// `native-roots`) or Mozilla's (feature `webpki-roots`).
///
/// ```no_run
/// # async fn example() -> Result<(), meshrpc::client::ConnectError> {
/// use meshrpc::{Channel, ClientTls};
///
/// let tls = ClientTls::new()
///     .ca_file("ca.pem")
///     .identity_files("client.pem", "client.key"); // mutual TLS
/// let channel = Channel::builder("https://orders:50051").tls(tls).connect().await?;
/// # Ok(())
/// # }
/// ```
///
/// Files are read when the channel is made; what is wrong with them is its error.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ClientTls {
    config: Option<Arc<ClientConfig>>,
    authorities: Vec<Pem>,
    native_roots: bool,
    webpki_roots: bool,
    identity: Option<Identity>,
    server_name: Option<String>,
}

impl ClientTls {
    /// TLS with the default authorities and no client certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS as `config` says. Its ALPN protocols become `h2` if it has none; of the other
    /// settings here only [`ClientTls::server_name`] still counts.
    pub fn from_rustls(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self {
            config: Some(config.into()),
            ..Self::default()
        }
    }

    /// Trusts the authorities whose certificates are in a PEM file, instead of the default
    /// ones. May be repeated.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.authorities.push(Pem::file(file));
        self
    }

    /// Trusts the authorities whose certificates are in a PEM text, instead of the default
    /// ones. May be repeated.
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.push(Pem::text(pem));
        self
    }

    /// Trusts the operating system's authorities, beside those named.
    #[cfg(feature = "native-roots")]
    pub fn native_roots(mut self) -> Self {
        self.native_roots = true;
        self
    }

    /// Trusts Mozilla's authorities, beside those named.
    #[cfg(feature = "webpki-roots")]
    pub fn webpki_roots(mut self) -> Self {
        self.webpki_roots = true;
        self
    }

    /// Presents a client certificate: PEM files of the certificate, its issuers after it, and
    /// of its private key.
    pub fn identity_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = Some(Identity {
            certificate: Pem::file(certificate),
            key: Pem::file(key),
        });
        self
    }

    /// Presents a client certificate: PEM texts of the certificate, its issuers after it, and
    /// of its private key.
    pub fn identity_pem(mut self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.identity = Some(Identity {
            certificate: Pem::text(certificate),
            key: Pem::text(key),
        });
        self
    }

    /// The name that the server's certificate has to be for, also sent as SNI, instead of the
    /// target's host. Without port.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// What performs handshakes with servers whose name is `host` unless another is set.
    pub(crate) fn connector(&self, host: &str) -> Result<Connector, TlsError> {
        let name = self.server_name.as_deref().unwrap_or(host);
        let bare = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(name);
        let server_name =
            ServerName::try_from(bare.to_owned()).map_err(|_| TlsError::InvalidServerName {
                name: name.to_owned(),
            })?;
        let mut config = match &self.config {
            Some(config) => ClientConfig::clone(config),
            None => self.config()?,
        };
        require_h2(&mut config.alpn_protocols)?;
        Ok(Connector {
            tls: Arc::new(config).into(),
            server_name,
        })
    }

    fn config(&self) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::refused("TLS 1.2 and 1.3 with ring", error))?
            .with_root_certificates(self.roots()?);
        match &self.identity {
            None => Ok(builder.with_no_client_auth()),
            Some(identity) => {
                let (chain, key) = identity.read()?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| identity.refused(error))
            }
        }
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        add_roots(&mut roots, &self.authorities)?;
        let unnamed = self.authorities.is_empty() && !self.native_roots && !self.webpki_roots;
        if self.native_roots || unnamed && cfg!(feature = "native-roots") {
            add_native(&mut roots)?;
        }
        if self.webpki_roots || unnamed && !cfg!(feature = "native-roots") {
            add_webpki(&mut roots);
        }
        if roots.is_empty() {
            return Err(TlsError::NoRoots);
        }
        Ok(roots)
    }
}

#[cfg(feature = "native-roots")]
fn add_native(roots: &mut RootCertStore) -> Result<(), TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    match found.errors.into_iter().next() {
        // Some unreadable file among many is no reason to trust nobody.
        Some(error) if added == 0 => Err(TlsError::refused(
            "the operating system's certificate authorities",
            error,
        )),
        _ => Ok(()),
    }
}

#[cfg(not(feature = "native-roots"))]
fn add_native(_: &mut RootCertStore) -> Result<(), TlsError> {
    Ok(())
}

fn add_webpki(roots: &mut RootCertStore) {
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    #[cfg(not(feature = "webpki-roots"))]
    let _ = roots;
}

/// Performs a client's handshakes.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: TlsConnector,
    server_name: ServerName<'static>,
}

impl Connector {
    /// Secures a connection to the server.
    pub(crate) async fn handshake(&self, io: Io) -> io::Result<(Io, PeerTls)> {
        let stream = self
            .tls
            .connect(self.server_name.clone(), io)
            .await
            .map_err(explain)?;
        let (_, session) = stream.get_ref();
        match session.alpn_protocol() {
            Some(H2) => {}
            other => {
                let chosen = other.map_or_else(
                    || "chose no protocol".to_owned(),
                    |other| format!("chose {:?}", String::from_utf8_lossy(other)),
                );
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!(
                        "the server speaks TLS but did not agree to HTTP/2 (offered ALPN h2, it \
                         {chosen}); is it a gRPC server?"
                    ),
                ));
            }
        }
        let peer = peer(session.peer_certificates());
        Ok((Io::boxed(stream), peer))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector")
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}
