//! Whether a server's connections are TLS.

use std::io;

use super::Io;
use crate::base::Peer;

/// What a server does with a connection before HTTP/2 begins.
#[derive(Debug, Clone)]
pub(crate) enum Security {
    Plaintext,
    #[cfg(feature = "tls")]
    Tls(super::tls::Acceptor),
}

impl Security {
    /// The connection, secured, with what that told about the peer noted in `peer`.
    pub(crate) async fn handshake(&self, io: Io, peer: &mut Peer) -> io::Result<Io> {
        match self {
            Self::Plaintext => {
                let _ = peer;
                Ok(io)
            }
            #[cfg(feature = "tls")]
            Self::Tls(acceptor) => {
                let (io, tls) = acceptor.handshake(io).await?;
                peer.tls = Some(tls);
                Ok(io)
            }
        }
    }
}
