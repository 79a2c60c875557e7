//! What a failed handshake means, in words that name the remedy.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// The same error, with what it probably means and what to do about it.
pub(crate) fn explain(error: io::Error) -> io::Error {
    let tls = error
        .get_ref()
        .and_then(|source| source.downcast_ref::<Error>());
    let meaning = match (tls, error.kind()) {
        (Some(tls), _) => match meaning(tls) {
            Some(meaning) => meaning,
            None => return error,
        },
        (None, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
            "the server closed the connection in the middle of the TLS handshake; if it speaks \
             plaintext, the target is http://…, not https://…"
        }
        (None, _) => return error,
    };
    io::Error::new(error.kind(), format!("{meaning} ({error})"))
}

fn meaning(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::InvalidMessage(_) => {
            "the server does not speak TLS on this port; if it speaks plaintext, the target is \
             http://…, not https://…"
        }
        // A bad signature: the authority has a trusted one's name, but not its key.
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => {
            "the server's certificate comes from no authority that is trusted here; \
             ClientTls::ca_file(..) adds one"
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "the server's certificate is for another name; the target has to name the server as \
             its certificate does, or ClientTls::server_name(..)"
        }
        Error::NoApplicationProtocol
        | Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "the server speaks TLS but not HTTP/2 (ALPN h2); is it a gRPC server?"
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a client certificate; ClientTls::identity_files(..) gives one"
        }
        Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied,
        ) => {
            "the server does not accept this side's client certificate; it has to come from an \
             authority that the server trusts"
        }
        _ => return None,
    })
}
