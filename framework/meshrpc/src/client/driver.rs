//! The task behind a channel's endpoints: it hears from the resolver and the subchannels, and
//! lets the balancer decide.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, mpsc};
use tokio::time::Sleep;

use super::subchannel::{Change, Dialer, Subchannel};
use crate::base::rt;
use crate::base::{
    Address, Balancer, ChannelControl, ConnectivityState, Pick, PickArgs, Picker, Policy,
    Resolutions, Resolver, SubchannelId,
};

/// Changes that may wait for the driver before subchannels wait for it.
const CHANGES: usize = 64;

/// What the driver and the calls share.
pub(super) struct Published {
    pub(super) snapshot: ArcSwap<Snapshot>,
    /// Told whenever there is a new snapshot.
    pub(super) changed: Notify,
    /// Tells the driver that a call waits.
    pub(super) wanted: Notify,
}

/// The channel's state and where its calls go.
pub(super) struct Snapshot {
    pub(super) state: ConnectivityState,
    pub(super) picker: Arc<dyn Picker>,
}

impl Published {
    /// Before the driver has run.
    pub(super) fn new() -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(Snapshot {
                state: ConnectivityState::Idle,
                picker: Arc::new(NotYet),
            }),
            changed: Notify::new(),
            wanted: Notify::new(),
        }
    }
}

/// All calls wait.
struct NotYet;

impl Picker for NotYet {
    fn pick(&self, _: &PickArgs<'_>) -> Pick {
        Pick::Queue
    }
}

/// The state of the task.
pub(super) struct Driver {
    resolutions: Box<dyn Resolutions>,
    balancer: Box<dyn Balancer>,
    changes: mpsc::Receiver<Change>,
    control: Control,
}

impl Driver {
    pub(super) fn new(
        published: Arc<Published>,
        resolver: &dyn Resolver,
        policy: &dyn Policy,
        dialer: Arc<Dialer>,
    ) -> Self {
        let (tell, changes) = mpsc::channel(CHANGES);
        Self {
            resolutions: resolver.resolve(),
            balancer: policy.balancer(),
            changes,
            control: Control {
                published,
                dialer,
                tell,
                next_id: 0,
                resolve_again: false,
                timer: None,
            },
        }
    }

    /// Runs for as long as the channel lives.
    pub(super) async fn run(mut self) {
        let published = Arc::clone(&self.control.published);
        loop {
            let (balancer, control) = (&mut self.balancer, &mut self.control);
            let timer = async {
                match &mut control.timer {
                    Some(timer) => timer.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(change) = self.changes.recv() => {
                    balancer.subchannel_changed(change.id, change.state, control);
                }
                resolution = std::future::poll_fn(|cx| self.resolutions.poll_next(cx)) => {
                    match resolution {
                        Ok(resolution) => {
                            tracing::debug!(endpoints = resolution.endpoints.len(), "resolved");
                            balancer.resolved(resolution, control);
                        }
                        Err(error) => {
                            tracing::debug!(error = error.message(), "not resolved");
                            balancer.resolver_failed(error, control);
                        }
                    }
                }
                () = timer => {
                    control.timer = None;
                    balancer.timer(control);
                }
                () = published.wanted.notified() => balancer.exit_idle(control),
            }
            if std::mem::take(&mut self.control.resolve_again) {
                self.resolutions.request();
            }
        }
    }
}

/// What the balancer can do.
struct Control {
    published: Arc<Published>,
    dialer: Arc<Dialer>,
    tell: mpsc::Sender<Change>,
    next_id: u64,
    resolve_again: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl ChannelControl for Control {
    fn subchannel(&mut self, address: Address) -> Arc<dyn crate::base::Subchannel> {
        let id = SubchannelId::new(self.next_id);
        self.next_id += 1;
        Arc::new(Subchannel::new(
            id,
            address,
            Arc::clone(&self.dialer),
            self.tell.clone(),
        ))
    }

    fn publish(&mut self, state: ConnectivityState, picker: Arc<dyn Picker>) {
        tracing::debug!(state = state.name(), "channel");
        let snapshot = Snapshot { state, picker };
        self.published.snapshot.store(Arc::new(snapshot));
        self.published.changed.notify_waiters();
    }

    fn resolve_again(&mut self) {
        self.resolve_again = true;
    }

    fn wake_after(&mut self, delay: Duration) {
        self.timer = Some(Box::pin(rt::sleep(delay)));
    }
}
