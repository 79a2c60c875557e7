//! What the health service reports, and the handle that sets it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use super::ServingStatus;

/// Sets what the health service reports. Cheap to clone; clones set the same.
///
/// ```
/// # use meshrpc::health::ServingStatus;
/// let (health, _service) = meshrpc::health::service();
/// health.set("search", ServingStatus::NotServing);
/// assert_eq!(health.get("search"), Some(ServingStatus::NotServing));
/// assert_eq!(health.get("never set"), None);
/// ```
#[derive(Debug, Clone)]
pub struct HealthReporter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Counts changes; watchers wait for the next. One channel for all names: changes are rare,
    /// and a watcher of a name that nobody ever sets costs no entry.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    statuses: BTreeMap<String, ServingStatus>,
    shutting_down: bool,
}

impl Default for HealthReporter {
    fn default() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                statuses: BTreeMap::from([(String::new(), ServingStatus::Serving)]),
                shutting_down: false,
            }),
            changes: watch::Sender::new(0),
        }))
    }
}

impl HealthReporter {
    /// Reports that `service` takes calls; `ORDER_SERVICE.name()` is the name of a generated
    /// service. The empty name is the server as a whole.
    pub fn set_serving(&self, service: impl Into<String>) {
        self.set(service, ServingStatus::Serving);
    }

    /// Reports that `service` takes no calls. The empty name is the server as a whole.
    pub fn set_not_serving(&self, service: impl Into<String>) {
        self.set(service, ServingStatus::NotServing);
    }

    /// Reports `status` for `service`. Once the server is shutting down, everything stays
    /// NOT_SERVING.
    pub fn set(&self, service: impl Into<String>, status: ServingStatus) {
        let service = service.into();
        self.change(|state| {
            if !state.shutting_down {
                state.statuses.insert(service, status);
            }
        });
    }

    /// Forgets `service`: a check answers NOT_FOUND again, watchers hear SERVICE_UNKNOWN.
    pub fn clear(&self, service: &str) {
        self.change(|state| {
            state.statuses.remove(service);
        });
    }

    /// What is reported for `service`; `None` when it is unknown.
    pub fn get(&self, service: &str) -> Option<ServingStatus> {
        self.lock().statuses.get(service).copied()
    }

    /// Reports NOT_SERVING for everything, for good, and ends the watchers' streams. A server
    /// does this when it is told to shut down; do it earlier to give balancers time.
    pub fn shutdown(&self) {
        self.change(|state| {
            state.shutting_down = true;
            for status in state.statuses.values_mut() {
                *status = ServingStatus::NotServing;
            }
        });
    }

    /// Everything that is reported, unless there are more than `limit`.
    pub(super) fn list(&self, limit: usize) -> Option<Vec<(String, ServingStatus)>> {
        let state = self.lock();
        (state.statuses.len() <= limit).then(|| {
            let statuses = state.statuses.iter();
            statuses
                .map(|(service, status)| (service.clone(), *status))
                .collect()
        })
    }

    /// What a watcher of `service` hears now, and whether it is the last it hears.
    pub(super) fn observe(&self, service: &str) -> (ServingStatus, bool) {
        let state = self.lock();
        let status = state.statuses.get(service).copied();
        (
            status.unwrap_or(ServingStatus::ServiceUnknown),
            state.shutting_down,
        )
    }

    /// Tells of changes from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.0.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.expect("no panic while the statuses are locked")
    }
}
