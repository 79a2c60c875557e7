//! Where a channel's calls can go, and how a call waits until it can go somewhere.

use std::any::Any;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tonic::{Code, Status};

use super::driver::{Driver, Published};
use super::error::{Cause, ConnectError};
use super::subchannel::{Dialer, Ready, Subchannel};
use crate::base::rt::{self, TaskGuard};
use crate::base::{ConnectivityState, OnDone, Pick, PickArgs, Policy, Resolver};
use crate::protocol::grpc::client::CallHead;

/// A call with this extension waits for a connection even while none can be made, until its
/// deadline. Calls have an option for it: `wait_for_ready()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitForReady;

/// The endpoints of a channel: resolver, balancer and subchannels, run by a task that starts
/// with the first call.
pub(crate) struct Endpoints {
    /// The target as it was given, for errors.
    target: Arc<str>,
    resolver: Arc<dyn Resolver>,
    policy: Arc<dyn Policy>,
    dialer: Arc<Dialer>,
    published: Arc<Published>,
    driver: Mutex<Option<TaskGuard>>,
    /// Calls that wait.
    queued: AtomicUsize,
}

/// Where a call goes.
pub(super) struct Picked {
    subchannel: Arc<dyn crate::base::Subchannel>,
    pub(super) on_done: Option<OnDone>,
}

impl Picked {
    /// The connection, unless it was lost in this moment.
    pub(super) fn connection(&self) -> Option<Ready> {
        own(&*self.subchannel).and_then(Subchannel::connection)
    }
}

fn own(subchannel: &dyn crate::base::Subchannel) -> Option<&Subchannel> {
    let subchannel: &dyn Any = subchannel;
    subchannel.downcast_ref()
}

impl Endpoints {
    pub(super) fn new(
        target: &str,
        resolver: Arc<dyn Resolver>,
        policy: Arc<dyn Policy>,
        dialer: Dialer,
    ) -> Self {
        Self {
            target: target.into(),
            resolver,
            policy,
            dialer: Arc::new(dialer),
            published: Arc::new(Published::new()),
            driver: Mutex::new(None),
            queued: AtomicUsize::new(0),
        }
    }

    /// Picks a connection for a call; waits while there is none but may be one soon.
    pub(super) async fn pick(&self, call: &CallHead) -> Result<Picked, Status> {
        let mut failure = None;
        match self.try_pick(call, &mut failure) {
            Some(picked) => picked,
            // Out of the way of calls that don't wait: it would make every call's future large.
            None => Box::pin(self.wait(call, failure)).await,
        }
    }

    /// Where the call goes now; `None` when it has to wait. A failure that it waits in spite of
    /// is noted.
    fn try_pick(
        &self,
        call: &CallHead,
        failure: &mut Option<Status>,
    ) -> Option<Result<Picked, Status>> {
        let args = PickArgs::new(&call.spec, &call.metadata);
        let pick = self.published.snapshot.load().picker.pick(&args);
        match pick {
            Pick::Complete {
                subchannel,
                on_done,
            } => match own(&*subchannel) {
                // The balancer has not heard yet of a connection that was just lost.
                Some(own) if own.connection().is_none() => None,
                Some(_) => Some(Ok(Picked {
                    subchannel,
                    on_done,
                })),
                None => Some(Err(Status::internal(format!(
                    "client: the picker of {:?} chose {subchannel:?}, which its channel did not \
                     make",
                    self.policy.name()
                )))),
            },
            Pick::Queue => None,
            Pick::Fail(status) if call.extensions.get::<WaitForReady>().is_some() => {
                *failure = Some(status);
                None
            }
            Pick::Fail(status) => Some(Err(self.unreachable(&status))),
            Pick::Drop(status) => Some(Err(status)),
        }
    }

    async fn wait(&self, call: &CallHead, mut failure: Option<Status>) -> Result<Picked, Status> {
        let _place = self.queue()?;
        let deadline = call.context.deadline();
        loop {
            // Heard from here on, so that no change is missed between the look and the wait.
            let mut changed = pin!(self.published.changed.notified());
            changed.as_mut().enable();
            self.want();
            if let Some(picked) = self.try_pick(call, &mut failure) {
                return picked;
            }
            match deadline {
                None => changed.await,
                Some(deadline) => {
                    if rt::timeout_at(deadline.instant(), changed).await.is_none() {
                        return Err(self.too_late(failure.as_ref()));
                    }
                }
            }
        }
    }

    /// Waits until there is a connection, or none can be made.
    pub(super) async fn connected(&self) -> Result<(), ConnectError> {
        loop {
            let mut changed = pin!(self.published.changed.notified());
            changed.as_mut().enable();
            self.want();
            match &self.published.snapshot.load().state {
                ConnectivityState::Ready => return Ok(()),
                ConnectivityState::TransientFailure(status) => {
                    return Err(ConnectError::Unreachable {
                        target: self.target.to_string(),
                        source: Arc::new(Cause(status.clone())),
                    });
                }
                ConnectivityState::Idle | ConnectivityState::Connecting => {}
            }
            changed.await;
        }
    }

    /// Makes sure that something is being done for those who wait.
    fn want(&self) {
        let mut driver = self.driver.lock().expect("no panic while starting a task");
        // The task ends with the runtime that it was started in; a channel may outlive that.
        if driver.as_ref().is_none_or(TaskGuard::is_finished) {
            let task = Driver::new(
                Arc::clone(&self.published),
                &*self.resolver,
                &*self.policy,
                Arc::clone(&self.dialer),
            );
            *driver = Some(rt::spawn_scoped(task.run()));
        }
        drop(driver);
        self.published.wanted.notify_one();
    }

    fn queue(&self) -> Result<Place<'_>, Status> {
        let max = self.dialer.limits.max_queued_calls;
        if self.queued.fetch_add(1, Ordering::Relaxed) >= max {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(Status::resource_exhausted(format!(
                "client: {max} calls already wait for a connection to {} \
                 (Limits::max_queued_calls raises it)",
                self.target
            )));
        }
        Ok(Place(&self.queued))
    }

    fn unreachable(&self, cause: &Status) -> Status {
        let mut status = Status::new(
            cause.code(),
            format!(
                "client: can't connect to {}: {}",
                self.target,
                cause.message()
            ),
        );
        status.set_source(Arc::new(Cause(cause.clone())));
        status
    }

    fn too_late(&self, failure: Option<&Status>) -> Status {
        let why = failure.map_or_else(String::new, |failure| format!(": {}", failure.message()));
        Status::new(
            Code::DeadlineExceeded,
            format!(
                "client: the call's deadline passed while it waited for a connection to {}{why}",
                self.target
            ),
        )
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints")
            .field("target", &self.target)
            .field("policy", &self.policy.name())
            .field("state", &self.published.snapshot.load().state.name())
            .finish_non_exhaustive()
    }
}

/// A place among the calls that wait.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
