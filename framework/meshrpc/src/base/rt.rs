//! The only door to time, randomness and tasks.
//!
//! Everything above asks here, so that a test can pause time (`tokio::time::pause`), repeat a
//! run (a seeded [`Rng`]) and count what was spawned.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "here are the clock, the tasks and the chance that the rest has to come for"
)]

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

pub(crate) use tokio::time::Instant;

/// Now, by tokio's clock.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Waits until `deadline`.
pub(crate) fn sleep_until(deadline: Instant) -> tokio::time::Sleep {
    tokio::time::sleep_until(deadline)
}

/// Waits for `duration`.
pub(crate) fn sleep(duration: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(duration)
}

/// Waits for `work`, but no longer than `limit`; `None` when it took longer.
pub(crate) async fn timeout<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    tokio::time::timeout(limit, work).await.ok()
}

/// Waits for `work`, but not beyond `deadline`; `None` when that passed.
pub(crate) async fn timeout_at<F: Future>(deadline: Instant, work: F) -> Option<F::Output> {
    tokio::time::timeout_at(deadline, work).await.ok()
}

/// Runs `task` on the current runtime until it ends by itself.
pub(crate) fn spawn<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    tokio::spawn(task)
}

/// Runs `task` until it ends or the returned guard is dropped.
pub(crate) fn spawn_scoped<F>(task: F) -> TaskGuard
where
    F: Future<Output = ()> + Send + 'static,
{
    TaskGuard(spawn(task).abort_handle())
}

/// Ends its task when dropped.
#[derive(Debug)]
pub(crate) struct TaskGuard(tokio::task::AbortHandle);

impl TaskGuard {
    /// Whether the task has ended, by itself or with its runtime.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A random number for names that only have to differ (trace ids). Nothing is decided by it, so
/// it need not be repeatable.
pub(crate) fn random() -> u64 {
    fastrand::u64(..)
}

/// A source of randomness that can be seeded.
#[derive(Debug)]
pub(crate) struct Rng(Mutex<fastrand::Rng>);

impl Rng {
    /// Seeded by the operating system.
    pub(crate) fn from_os() -> Self {
        Self(Mutex::new(fastrand::Rng::new()))
    }

    /// The same numbers for the same seed.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn unit(&self) -> f64 {
        self.0.lock().expect("no panic while drawing").f64()
    }
}
