//! The listener loop.

use std::future::Future;
use std::net::ToSocketAddrs;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};

use super::error::ServeError;
use crate::base::{Limits, Peer, rt};
use crate::transport::http2_server::{self, Exchange};
use crate::transport::{self, Io, TcpOptions};

pub(crate) use crate::transport::TcpSocket;

/// Pause after an accept that failed for want of resources (file descriptors, memory): trying
/// again at once would spin without helping.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens on the first address that `address` stands for and that can be listened on.
pub(super) fn listen(address: impl ToSocketAddrs, name: &str) -> Result<TcpSocket, ServeError> {
    let failed = |source| ServeError::Listen {
        address: name.trim_matches('"').to_owned(),
        source,
    };
    let mut last = None;
    for address in address.to_socket_addrs().map_err(failed)? {
        match transport::listen(address, false) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(failed(last.unwrap_or_else(|| {
        std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no addresses")
    })))
}

/// Accepts connections until `shutdown`, then waits for those that there are.
pub(super) async fn run<E: Exchange>(
    listener: TcpSocket,
    limits: Limits,
    exchange: Arc<E>,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let (drain, draining) = watch::channel(false);
    // Closed when the last connection has dropped its sender.
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted; pausing {PAUSE:?}");
                rt::sleep(PAUSE).await;
                continue;
            }
        };
        if let Err(error) = TcpOptions::default().apply(&stream) {
            tracing::debug!(%error, "socket options could not be set");
        }
        let mut peer = Peer::default();
        peer.remote_addr = Some(remote);
        peer.local_addr = stream.local_addr().ok();
        let exchange = Arc::clone(&exchange);
        let mut draining = draining.clone();
        let alive = alive.clone();
        rt::spawn(async move {
            let drain = async move {
                // An error means that the server is gone, which is a reason to drain, too.
                let _ = draining.wait_for(|draining| *draining).await;
            };
            http2_server::serve(Io::Tcp(stream), limits, exchange, peer, drain).await;
            drop((place, alive));
        });
    }
    drop(listener);
    let _ = drain.send(true);
    drop(alive);
    let _ = all_gone.recv().await;
}
