//! Certificates and keys from PEM, with errors that say what a file holds instead.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;

const CERTIFICATE: &str = "certificate";
const AUTHORITY: &str = "certificate authority's certificate";
const KEY: &str = "private key";

/// Where PEM comes from. Read when it is needed, so that its errors come from `connect` and
/// `serve`, and a file is read again by the next one.
#[derive(Clone)]
pub(super) enum Pem {
    File(PathBuf),
    Text(Arc<[u8]>),
}

impl Pem {
    pub(super) fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    pub(super) fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(text.as_ref().into())
    }

    fn read(&self, what: &'static str) -> Result<Arc<[u8]>, TlsError> {
        match self {
            Self::Text(text) => Ok(Arc::clone(text)),
            Self::File(file) => match std::fs::read(file) {
                Ok(text) => Ok(text.into()),
                Err(source) => Err(TlsError::Unreadable {
                    what,
                    file: file.clone(),
                    source: Arc::new(source),
                }),
            },
        }
    }

    fn wrong(&self, what: &'static str, reason: String) -> TlsError {
        TlsError::WrongContent {
            what,
            place: self.to_string(),
            reason,
        }
    }

    fn certificates(&self, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let text = self.read(what)?;
        let certificates = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.wrong(what, format!("its PEM is broken: {error}")))?;
        if certificates.is_empty() {
            return Err(self.wrong(what, instead(&text, what)));
        }
        Ok(certificates)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let text = self.read(KEY)?;
        match PrivateKeyDer::from_pem_slice(&text) {
            Ok(key) => Ok(key),
            Err(rustls::pki_types::pem::Error::NoItemsFound) => {
                Err(self.wrong(KEY, instead(&text, KEY)))
            }
            Err(error) => Err(self.wrong(KEY, format!("its PEM is broken: {error}"))),
        }
    }
}

/// Never the text itself: it may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Text(text) => write!(f, "the PEM text that was given ({} bytes)", text.len()),
        }
    }
}

/// What a file has that lacks what it was given for.
fn instead(text: &[u8], what: &str) -> String {
    let lossy = String::from_utf8_lossy(text);
    let sections: Vec<&str> = lossy
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-----BEGIN "))
        .filter_map(|rest| rest.strip_suffix("-----"))
        .collect();
    if text.is_empty() {
        return "it is empty".to_owned();
    }
    if sections.is_empty() {
        let der = text.first() == Some(&0x30);
        return if der {
            "it looks like DER; PEM is wanted (openssl x509 or openssl pkey, with -inform der, \
             converts)"
        } else {
            "it is no PEM, which has a line like \"-----BEGIN CERTIFICATE-----\""
        }
        .to_owned();
    }
    let has = format!("its PEM sections are: {}", sections.join(", "));
    let remedy = if sections
        .iter()
        .any(|section| section.starts_with("ENCRYPTED"))
    {
        "; an encrypted key has to be decrypted first (openssl pkey -in … -out …)"
    } else if what == KEY && sections.contains(&"CERTIFICATE")
        || what != KEY
            && sections
                .iter()
                .any(|section| section.ends_with("PRIVATE KEY"))
    {
        "; certificate and key may have been swapped"
    } else {
        ""
    };
    has + remedy
}

/// A certificate chain with its private key.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) certificate: Pem,
    pub(super) key: Pem,
}

impl Identity {
    pub(super) fn read(
        &self,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        Ok((self.certificate.certificates(CERTIFICATE)?, self.key.key()?))
    }

    /// Why rustls did not take it.
    pub(super) fn refused(&self, error: rustls::Error) -> TlsError {
        let Self { certificate, key } = self;
        match error {
            rustls::Error::InconsistentKeys(_) => TlsError::KeyMismatch {
                certificate: certificate.to_string(),
                key: key.to_string(),
            },
            error => TlsError::refused(
                format!("the certificate in {certificate} with the private key in {key}"),
                error,
            ),
        }
    }
}

/// Adds the certificate authorities in `pems`.
pub(super) fn add_roots(roots: &mut RootCertStore, pems: &[Pem]) -> Result<(), TlsError> {
    for pem in pems {
        for certificate in pem.certificates(AUTHORITY)? {
            roots.add(certificate).map_err(|error| {
                TlsError::refused(format!("the certificate authority in {pem}"), error)
            })?;
        }
    }
    Ok(())
}
