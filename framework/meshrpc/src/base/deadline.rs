//! The moment after which nobody waits for a call any more.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use super::rt::{self, Instant};

/// Timeouts longer than this are no deadline: about 31 years, far from the clock's edge.
const FAR: Duration = Duration::from_secs(1_000_000_000);

/// A point in time on tokio's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// `timeout` from now.
    pub fn after(timeout: Duration) -> Self {
        Self(rt::now() + timeout.min(FAR))
    }

    /// What is left, zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(rt::now())
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    pub(crate) fn instant(self) -> Instant {
        self.0
    }

    /// The earlier one of two deadlines, either of which may be absent.
    pub(crate) fn earlier(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

impl From<Instant> for Deadline {
    fn from(instant: Instant) -> Self {
        Self(instant)
    }
}

/// Ready once `deadline` has passed. The timer is made at the first poll: a call that never
/// waits needs none.
pub(crate) fn poll(
    deadline: Option<Deadline>,
    timer: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let Some(deadline) = deadline else {
        return Poll::Pending;
    };
    timer
        .get_or_insert_with(|| Box::pin(rt::sleep_until(deadline.instant())))
        .as_mut()
        .poll(cx)
}

/// The status of a call whose deadline has passed, told by `side`.
pub(crate) fn exceeded(side: &str) -> tonic::Status {
    tonic::Status::deadline_exceeded(format!(
        "{side}: the call's deadline passed before it ended (the caller's timeout() or the \
         deadline that the call inherited)"
    ))
}
