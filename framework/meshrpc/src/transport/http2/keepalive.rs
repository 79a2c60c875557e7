//! Pings on a quiet connection (gRFC A8).
//!
//! Time counts from the last byte that was received, never from the last ping. Any byte counts
//! as life, the ping's answer is just one that is sure to come.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;

use h2::{Ping, PingPong};
use tokio::time::Sleep;

use super::pulse::Pulse;
use crate::base::KeepaliveOptions;
use crate::base::rt::{self, Instant};

/// Sends pings, and gives the connection up when nothing is heard.
pub(super) struct Keepalive {
    options: KeepaliveOptions,
    ping: PingPong,
    pulse: Pulse,
    heard: Instant,
    timer: Pin<Box<Sleep>>,
    /// Since when a ping waits for its answer.
    waiting: Option<Instant>,
}

impl Keepalive {
    pub(super) fn new(options: KeepaliveOptions, ping: PingPong, pulse: Pulse) -> Self {
        let heard = rt::now();
        Self {
            options,
            ping,
            pulse,
            heard,
            timer: Box::pin(rt::sleep_until(heard + options.time)),
            waiting: None,
        }
    }

    /// Notes what was received; to be called after the connection was polled.
    pub(super) fn note(&mut self) {
        if self.pulse.take() {
            self.heard = rt::now();
            self.waiting = None;
        }
    }

    /// Does what is due; to be called before the connection is polled, which then writes the
    /// ping or finds its byte stream broken.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, calls: impl Fn() -> bool) {
        loop {
            let due = match self.waiting {
                Some(since) => since + self.options.timeout,
                None => self.heard + self.options.time,
            };
            if rt::now() < due {
                if self.timer.deadline() != due {
                    self.timer.as_mut().reset(due);
                }
                if self.timer.as_mut().poll(cx).is_pending() {
                    return;
                }
                continue;
            }
            if self.waiting.is_some() {
                self.pulse.give_up();
                return;
            }
            if !self.options.without_calls && !calls() {
                // The next call wakes the connection, and is preceded by the ping.
                return;
            }
            // The answer to an earlier ping may not have been looked at yet.
            let _ = self.ping.poll_pong(cx);
            // An earlier ping that is still under way does as well as a new one.
            let _ = self.ping.send_ping(Ping::opaque());
            self.waiting = Some(rt::now());
        }
    }
}
