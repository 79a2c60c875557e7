//! A client connection's own task: it moves frames, sends pings and ends what is idle.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;

use super::client::{Calls, State};
use super::drive::Gather;
use super::keepalive::Keepalive;
use super::pulse::{Pulse, Watched};
use crate::base::KeepaliveOptions;
use crate::base::rt;
use crate::transport::guard::Greeting;

/// What the task works on.
pub(super) struct Session {
    pub(super) connection: h2::client::Connection<Watched<Greeting>, Bytes>,
    pub(super) keepalive: Option<KeepaliveOptions>,
    pub(super) pulse: Pulse,
    pub(super) idle_timeout: Duration,
    pub(super) calls: Calls,
    pub(super) state: Arc<State>,
}

/// Says that the connection takes no more requests, however its task ends.
struct Closes(Arc<State>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Starts the task. It ends when the connection does: lost, or no longer held by anybody.
pub(super) fn start(session: Session) {
    let closes = Closes(Arc::clone(&session.state));
    rt::spawn(async move {
        let state = Arc::clone(&session.state);
        if let Err(error) = run(session).await {
            if too_many_pings(&error) {
                state.complain();
                tracing::warn!(
                    %error,
                    "the server is pinged too often; keepalive will ping half as often from now on"
                );
            } else {
                tracing::debug!(%error, "a client connection ended");
            }
        }
        drop(closes);
    });
}

async fn run(session: Session) -> Result<(), h2::Error> {
    let Session {
        mut connection,
        keepalive,
        pulse,
        idle_timeout,
        calls,
        state,
    } = session;
    let mut keepalive = keepalive.and_then(|options| {
        let ping = connection.ping_pong()?;
        Some(Keepalive::new(options, ping, pulse))
    });
    let active = || state.active(&calls);
    let mut gather = Gather::default();
    let mut idle = pin!(rt::sleep(idle_timeout));
    poll_fn(|cx| {
        ready!(gather.poll(cx));
        if let Some(keepalive) = &mut keepalive {
            keepalive.poll(cx, active);
        }
        let polled = Pin::new(&mut connection).poll(cx);
        if polled.is_ready() {
            return polled;
        }
        if let Some(keepalive) = &mut keepalive {
            keepalive.note();
        }
        while idle.as_mut().poll(cx).is_ready() {
            if !calls.swap(false, Ordering::Relaxed) && !active() {
                // The subchannel lets go of it, and with its last handle it ends.
                state.close();
            }
            idle.as_mut().reset(rt::now() + idle_timeout);
        }
        Poll::Pending
    })
    .await
}

fn too_many_pings(error: &h2::Error) -> bool {
    // `h2` shows the debug data of a GOAWAY only in its text.
    error.is_go_away()
        && error.is_remote()
        && error.reason() == Some(Reason::ENHANCE_YOUR_CALM)
        && error.to_string().contains("too_many_pings")
}
