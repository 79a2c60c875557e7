//! TLS over whatever connects.

use std::sync::Arc;

use super::Connector as Handshakes;
use crate::base::Address;
use crate::transport::{Connecting, Connection, Connector};

/// A connector whose connections are secured.
#[derive(Debug)]
pub(crate) struct Secured {
    pub(crate) inner: Arc<dyn Connector>,
    pub(crate) tls: Handshakes,
}

impl Connector for Secured {
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a> {
        Box::pin(async move {
            let Connection { io, mut peer } = self.inner.connect(address).await?;
            let (io, tls) = self.tls.handshake(io).await?;
            peer.tls = Some(tls);
            Ok(Connection::from_io(io, peer))
        })
    }
}
