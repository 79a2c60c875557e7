//! How a server ends the streams that outlast its drain.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::sync::watch;
use tonic::Status;

use crate::base::rt;

/// What is allowed for something that takes a round trip and no work: a handshake that had
/// begun when the server was told to end, the last words to a peer.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// Waits until the server drains, and then a little: for what had only just begun.
pub(crate) async fn last_call(draining: &mut watch::Receiver<bool>) {
    drained(draining).await;
    rt::sleep(LAST_WORDS).await;
}

/// Waits until the server drains.
pub(super) async fn drained(draining: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is a reason to drain, too.
    let _ = draining.wait_for(|draining| *draining).await;
}

/// Tells all streams of a connection to end.
#[derive(Debug, Default)]
pub(super) struct Stop {
    stopped: AtomicBool,
    event: Notify,
}

impl Stop {
    pub(super) fn now(&self) {
        self.stopped.store(true, Ordering::Release);
        self.event.notify_waiters();
    }

    /// Hears of the end. Costs nothing before it is first asked.
    pub(super) fn listen(&self) -> Notified<'_> {
        self.event.notified()
    }

    pub(super) fn status() -> Status {
        Status::unavailable(
            "server: draining: the server ends, and the call took longer than its grace \
             (Limits::drain_grace)",
        )
    }
}

/// Asks whether a stream has to end, on behalf of that stream's task.
pub(super) struct Stopped<'a, 'b> {
    stop: &'a Stop,
    event: Pin<&'b mut Notified<'a>>,
    registered: bool,
}

impl<'a, 'b> Stopped<'a, 'b> {
    pub(super) fn new(stop: &'a Stop, event: Pin<&'b mut Notified<'a>>) -> Self {
        Self {
            stop,
            event,
            registered: false,
        }
    }

    /// Always asked by the same task, so registering its waker once is enough, and once is
    /// what it costs: a lock that all streams of the connection share.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.registered {
            self.registered = true;
            if self.event.as_mut().poll(cx).is_ready() {
                return true;
            }
        }
        self.stop.stopped.load(Ordering::Acquire)
    }
}
