//! When a handler's first step runs in the connection's own task.
//!
//! Why: most small handlers answer in their first step, and then a task of its own is a tenth of
//! what the call costs (measured: allocating, queueing, moving). A handler that has to wait is
//! moved to a task, as if it had started there.
//!
//! Why not always: handlers that compute would run one after the other, and what other streams
//! of the connection have to say would wait for them. So a batch runs handlers inline for a
//! short while only, and a connection whose handlers overrun that by far stops doing it.

use std::time::Duration;

use crate::base::rt::{self, Instant};

/// How long the handlers of one batch may run inline: in the order of what a task switch per
/// handler would have cost.
const BATCH: Duration = Duration::from_micros(100);
/// A batch that took this long had a handler that computes or blocks.
const OVERRUN: Duration = Duration::from_millis(1);
/// How long such a connection gives every stream a task.
const PAUSE: Duration = Duration::from_secs(1);

/// Decides for one connection.
#[derive(Debug, Default)]
pub(super) struct Inline {
    /// When the batch's first handler started.
    started: Option<Instant>,
    not_before: Option<Instant>,
}

impl Inline {
    /// A new batch of streams begins.
    pub(super) fn begin(&mut self) {
        self.started = None;
    }

    /// Whether the next handler may run inline; asked once before each.
    pub(super) fn allows(&mut self) -> bool {
        let now = rt::now();
        if let Some(not_before) = self.not_before {
            if now < not_before {
                return false;
            }
            self.not_before = None;
        }
        let Some(started) = self.started else {
            self.started = Some(now);
            return true;
        };
        let spent = now - started;
        if spent >= OVERRUN {
            self.not_before = Some(now + PAUSE);
        }
        spent < BATCH
    }

    /// The batch is over: its last handler counts, too.
    pub(super) fn end(&mut self) {
        if let Some(started) = self.started.take() {
            let now = rt::now();
            if now - started >= OVERRUN {
                self.not_before = Some(now + PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_batch_runs_handlers_inline_for_a_short_while() {
        let mut inline = Inline::default();
        inline.begin();
        assert!(inline.allows());
        tokio::time::advance(BATCH).await;
        assert!(!inline.allows());
        inline.begin();
        assert!(inline.allows());
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_computes_is_not_waited_for_twice() {
        let mut inline = Inline::default();
        inline.begin();
        assert!(inline.allows());
        tokio::time::advance(OVERRUN).await;
        inline.end();
        inline.begin();
        assert!(!inline.allows());
        tokio::time::advance(PAUSE).await;
        inline.begin();
        assert!(inline.allows());
    }
}
