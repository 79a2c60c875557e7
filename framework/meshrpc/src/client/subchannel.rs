//! One address and its connection: made when asked for, watched while it lives.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use tokio::sync::{Notify, mpsc};
use tonic::Status;

use crate::base::backoff::Backoff;
use crate::base::events::{Event, Sink};
use crate::base::rt::{self, Rng, TaskGuard};
use crate::base::{
    Address, CallSide, ConnectivityState, KeepaliveOptions, Limits, Subchannel as _, SubchannelId,
};
use crate::transport::http2_client::{self, Connection};
use crate::transport::{Connector, TransportError};

/// A connection that lives shorter than this again and again counts as a failure to connect: a
/// server that accepts and hangs up must not be dialled in a loop.
const STABLE: Duration = Duration::from_secs(1);

/// How a channel's connections are made.
#[derive(Debug)]
pub(super) struct Dialer {
    pub(super) connector: Arc<dyn Connector>,
    pub(super) limits: Limits,
    pub(super) keepalive: Option<KeepaliveOptions>,
    /// How often servers complained about too many pings; each time doubles the time between.
    pub(super) complaints: AtomicU32,
    pub(super) rng: Arc<Rng>,
    pub(super) sink: Sink,
}

impl Dialer {
    async fn dial(&self, address: &Address) -> Result<Connection, Status> {
        let dialling = async {
            let stream = self
                .connector
                .connect(address)
                .await
                .map_err(|error| io_failure(address, error))?;
            let peer = stream.peer.remote_addr;
            http2_client::handshake(stream.io, &self.limits, self.keepalive())
                .await
                .map(|connection| (connection, peer))
                .map_err(|TransportError { status, .. }| {
                    let mut failure =
                        Status::unavailable(format!("{address}: {}", status.message()));
                    failure.set_source(Arc::new(status));
                    failure
                })
        };
        let limit = self.limits.connect_timeout;
        let (connection, peer) = rt::timeout(limit, dialling).await.unwrap_or_else(|| {
            Err(Status::unavailable(format!(
                "{address}: no connection within {limit:?} (Limits::connect_timeout)"
            )))
        })?;
        self.sink.tell(&Event::ConnectionOpened {
            side: CallSide::Client,
            peer,
        });
        Ok(connection)
    }

    fn keepalive(&self) -> Option<KeepaliveOptions> {
        let mut options = self.keepalive?;
        let doublings = self.complaints.load(Ordering::Relaxed).min(16);
        options.time = options.time.saturating_mul(1 << doublings);
        Some(options)
    }

    fn lost(&self, address: &Address, connection: &Connection) {
        if connection.too_many_pings() {
            self.complaints.fetch_add(1, Ordering::Relaxed);
        }
        self.sink.tell(&Event::ConnectionClosed {
            side: CallSide::Client,
            peer: match address {
                Address::Ip(address) => Some(*address),
                _ => None,
            },
        });
    }
}

fn io_failure(address: &Address, error: std::io::Error) -> Status {
    let remedy = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => {
            "; is the server running, and is this where it listens?"
        }
        _ => "",
    };
    let mut status = Status::unavailable(format!("{address}: {error}{remedy}"));
    status.set_source(Arc::new(error));
    status
}

/// A subchannel changed its state.
pub(super) struct Change {
    pub(super) id: SubchannelId,
    pub(super) state: ConnectivityState,
}

/// One address and its connection. Dropping it ends its attempts; calls on its connection are
/// still finished.
pub(super) struct Subchannel {
    id: SubchannelId,
    shared: Arc<Shared>,
    _task: TaskGuard,
}

struct Shared {
    address: Address,
    connection: ArcSwapOption<Connection>,
    idle: AtomicBool,
    wanted: Notify,
}

impl Subchannel {
    pub(super) fn new(
        id: SubchannelId,
        address: Address,
        dialer: Arc<Dialer>,
        changes: mpsc::Sender<Change>,
    ) -> Self {
        let shared = Arc::new(Shared {
            address,
            connection: ArcSwapOption::empty(),
            idle: AtomicBool::new(true),
            wanted: Notify::new(),
        });
        let task = rt::spawn_scoped(run(id, Arc::clone(&shared), dialer, changes));
        Self {
            id,
            shared,
            _task: task,
        }
    }

    /// The connection, if there is one that takes requests.
    pub(super) fn connection(&self) -> Option<Ready> {
        let connection = self.shared.connection.load();
        let usable = connection
            .as_ref()
            .is_some_and(|connection| !connection.is_closed());
        usable.then_some(Ready(connection))
    }
}

/// A connection that takes requests; a glance at it, not to be kept.
pub(super) struct Ready(Guard<Option<Arc<Connection>>>);

impl std::ops::Deref for Ready {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0.as_ref().expect("made only when there is one")
    }
}

impl crate::base::Subchannel for Subchannel {
    fn id(&self) -> SubchannelId {
        self.id
    }

    fn address(&self) -> &Address {
        &self.shared.address
    }

    fn connect(&self) {
        if self.shared.idle.swap(false, Ordering::AcqRel) {
            self.shared.wanted.notify_one();
        }
    }
}

impl fmt::Debug for Subchannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subchannel")
            .field("id", &self.id)
            .field("address", self.address())
            .finish_non_exhaustive()
    }
}

/// A connection on offer. Dropping it, also when the task is ended, withdraws the offer, so that
/// the connection ends with its calls.
struct Offer<'a> {
    shared: &'a Shared,
    dialer: &'a Dialer,
    connection: Arc<Connection>,
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        self.shared.connection.store(None);
        self.dialer.lost(&self.shared.address, &self.connection);
    }
}

async fn run(
    id: SubchannelId,
    shared: Arc<Shared>,
    dialer: Arc<Dialer>,
    changes: mpsc::Sender<Change>,
) {
    let address = &shared.address;
    let report = async |state: ConnectivityState| {
        tracing::debug!(%address, state = state.name(), "subchannel");
        // Without a listener the channel is gone, and this task is about to be.
        let _ = changes.send(Change { id, state }).await;
    };
    let mut backoff = Backoff::new(Arc::clone(&dialer.rng));
    let mut short_lives = 0_u32;
    loop {
        shared.wanted.notified().await;
        report(ConnectivityState::Connecting).await;
        let failure = match dialer.dial(address).await {
            Err(failure) => Some(failure),
            Ok(connection) => {
                let born = rt::now();
                watch(&shared, connection, &dialer, || {
                    report(ConnectivityState::Ready)
                })
                .await;
                if born.elapsed() < STABLE {
                    short_lives += 1;
                } else {
                    short_lives = 0;
                }
                if short_lives < 2 {
                    backoff.reset();
                    None
                } else {
                    Some(Status::unavailable(format!(
                        "{address}: the server closed {short_lives} connections in a row within \
                         {STABLE:?}; is it a gRPC server, and does it stay up?"
                    )))
                }
            }
        };
        if let Some(failure) = failure {
            report(ConnectivityState::TransientFailure(failure)).await;
            rt::sleep(backoff.next()).await;
        }
        shared.idle.store(true, Ordering::Release);
        report(ConnectivityState::Idle).await;
    }
}

/// Offers a connection until it is closed.
async fn watch<F: Future<Output = ()>>(
    shared: &Shared,
    connection: Connection,
    dialer: &Dialer,
    ready: impl FnOnce() -> F,
) {
    let offer = Offer {
        shared,
        dialer,
        connection: Arc::new(connection),
    };
    let connection = Arc::clone(&offer.connection);
    shared.connection.store(Some(connection));
    ready().await;
    offer.connection.closed().await;
}
