//! A connection that is made when it is needed and made again when it is lost.

use std::error::Error;
use std::sync::{Arc, Mutex};

use tokio::sync::Mutex as AsyncMutex;
use tonic::Status;

use super::ConnectError;
use super::target::{Addresses, Target};
use crate::base::Limits;
use crate::transport::http2_client::{self, Connection};
use crate::transport::{self, Io, TcpOptions};

/// The connection of a channel.
#[derive(Debug)]
pub(crate) struct Subchannel {
    target: Target,
    limits: Limits,
    ready: Mutex<Option<Arc<Connection>>>,
    /// Held while connecting: others wait for the result instead of connecting too.
    connecting: AsyncMutex<()>,
}

impl Subchannel {
    pub(crate) fn new(target: Target, limits: Limits) -> Self {
        Self {
            target,
            limits,
            ready: Mutex::new(None),
            connecting: AsyncMutex::new(()),
        }
    }

    /// A usable connection, made now if there is none.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>, ConnectError> {
        if let Some(connection) = self.ready() {
            return Ok(connection);
        }
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(connection) = self.ready() {
            return Ok(connection);
        }
        let connection = Arc::new(self.connect().await?);
        *self.ready.lock().expect("no panic while replacing") = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// Forgets a connection that takes no more requests.
    pub(crate) fn lost(&self, connection: &Arc<Connection>) {
        let mut ready = self.ready.lock().expect("no panic while replacing");
        if ready
            .as_ref()
            .is_some_and(|now| Arc::ptr_eq(now, connection))
        {
            *ready = None;
        }
    }

    fn ready(&self) -> Option<Arc<Connection>> {
        let ready = self.ready.lock().expect("no panic while replacing");
        ready.as_ref().filter(|now| !now.is_closed()).cloned()
    }

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let connecting = async {
            let addresses = match &self.target.addresses {
                Addresses::Static(addresses) => addresses.clone(),
                Addresses::Dns(name) => transport::resolve(name).await?,
            };
            let mut last: Box<dyn Error + Send + Sync> =
                "the name has no addresses".to_owned().into();
            for address in addresses {
                match transport::connect(address, TcpOptions::default()).await {
                    Ok(stream) => {
                        return Ok(http2_client::handshake(Io::Tcp(stream), &self.limits, None).await.map_err(|error| error.status)?);
                    }
                    Err(error) => last = format!("{address}: {error}").into(),
                }
            }
            Err(last)
        };
        let limit = self.limits.connect_timeout;
        let result = tokio::time::timeout(limit, connecting)
            .await
            .unwrap_or_else(|_| {
                Err(format!("no connection within {limit:?} (Limits::connect_timeout)").into())
            });
        result.map_err(|source| ConnectError::Unreachable {
            target: self.target.text.clone(),
            source: source.into(),
        })
    }
}

impl From<ConnectError> for Status {
    fn from(error: ConnectError) -> Self {
        let mut status = Self::unavailable(format!("client: {error}"));
        status.set_source(Arc::new(error));
        status
    }
}
