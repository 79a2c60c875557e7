//! The load: callers that each make one call after the other, through generated clients.
//!
//! A call that fails is counted and never repeated here: whatever a client repeats by itself, or
//! does not, is what a reader of the summary wants to see.

mod mix;
mod stats;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use meshrpc::Channel;
use tokio::task::JoinSet;

pub(crate) use stats::{Failure, MethodStats, Outcome};

use crate::Error;
use crate::args::Role;
use crate::contracts::storefront::catalog::{v1, v2};
use crate::contracts::storefront::inventory::v1::inventory_service::InventoryServiceClient;
use crate::contracts::storefront::orders::v1::order_service::OrderServiceClient;
use crate::fleet::Fleet;
use mix::Caller;
use stats::Recorder;

/// After a failed call a caller waits so long, or it would do nothing but fail.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// A client of each service and version. Both versions of the catalog share a channel.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    catalog_v1: v1::catalog_service::CatalogServiceClient,
    catalog_v2: v2::catalog_service::CatalogServiceClient,
    inventory: InventoryServiceClient,
    orders: OrderServiceClient,
}

impl Clients {
    /// Connected clients of the fleet's services.
    pub(crate) async fn connect(fleet: &Fleet) -> Result<Self, Error> {
        let catalog = Channel::connect(fleet.target(Role::Catalog)).await?;
        Ok(Self {
            catalog_v1: v1::catalog_service::CatalogServiceClient::new(catalog.clone()),
            catalog_v2: v2::catalog_service::CatalogServiceClient::new(catalog),
            inventory: InventoryServiceClient::connect(fleet.target(Role::Inventory)).await?,
            orders: OrderServiceClient::connect(fleet.target(Role::Orders)).await?,
        })
    }
}

/// A load that runs.
#[derive(Debug)]
pub(crate) struct Load {
    shared: Arc<Shared>,
    callers: tokio::sync::Mutex<JoinSet<Recorder>>,
}

#[derive(Debug, Default)]
struct Shared {
    calls: AtomicU64,
    failed: AtomicU64,
    stopped: AtomicBool,
}

/// How far a load has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
}

/// Starts `callers` callers, who begin no new call after `duration`.
pub(crate) fn start(clients: Clients, callers: usize, duration: Duration) -> Load {
    let shared = Arc::new(Shared::default());
    let end = Instant::now() + duration;
    let mut tasks = JoinSet::new();
    for number in 0..callers {
        let caller = Caller::new(clients.clone(), number);
        tasks.spawn(call_until(end, caller, shared.clone()));
    }
    Load {
        shared,
        callers: tokio::sync::Mutex::new(tasks),
    }
}

impl Load {
    /// The counts so far.
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            calls: self.shared.calls.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
        }
    }

    /// Lets the callers end after the call they are in.
    pub(crate) fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }

    /// Waits for all callers, and adds up what they saw.
    pub(crate) async fn finished(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut callers = self.callers.lock().await;
        while let Some(caller) = callers.join_next().await {
            match caller {
                Ok(recorder) => outcome.add(recorder),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        outcome
    }
}

async fn call_until(end: Instant, mut caller: Caller, shared: Arc<Shared>) -> Recorder {
    let mut recorder = Recorder::default();
    while Instant::now() < end && !shared.stopped.load(Ordering::Relaxed) {
        let step = caller.choose();
        let started = Instant::now();
        let result = caller.perform(step).await;
        let took = started.elapsed();
        let failed = result.is_err();
        recorder.record(step.spec(), took, result);
        shared.calls.fetch_add(1, Ordering::Relaxed);
        if failed {
            shared.failed.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }
    recorder
}
