//! All calls to the first server that can be reached (gRFC A61, A62).
//!
//! The addresses are tried in order; one that takes longer than [`ATTEMPT_DELAY`] is not waited
//! for but joined by the next (happy eyeballs), and the first connection wins. When all have
//! failed, calls fail until one of them can be reached again, each being tried at its own pace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tonic::Status;

use crate::base::{
    Address, Balancer, ChannelControl, ConnectivityState, Pick, PickArgs, Picker, Policy,
    Resolution, Subchannel, SubchannelId,
};

#[cfg(test)]
mod tests;

/// How long an address is tried before the next one is tried beside it (RFC 8305).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The policy `pick_first`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PickFirst;

impl Policy for PickFirst {
    fn name(&self) -> &'static str {
        "pick_first"
    }

    fn balancer(&self) -> Box<dyn Balancer> {
        Box::new(State::default())
    }
}

#[derive(Default)]
struct State {
    addresses: Vec<Address>,
    /// One for each address, or only the chosen one.
    candidates: Vec<Candidate>,
    phase: Phase,
    /// Reported as failing: it stays so until a connection is there, lest calls hang between
    /// two failures.
    failing: bool,
    /// Failures since the resolver was asked last.
    failures: usize,
    last_failure: Option<Status>,
}

struct Candidate {
    subchannel: Arc<dyn Subchannel>,
    /// As far as this side knows.
    state: Progress,
    /// Failed since the pass began.
    failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Idle,
    Connecting,
    BackingOff,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// No addresses have been found yet.
    #[default]
    Unresolved,
    /// Nobody needs a connection.
    Idle,
    /// A pass over the addresses; this is the next one to be started.
    Pass { next: usize },
    /// All have failed; each goes on by itself.
    Exhausted,
    /// Connected.
    Ready(SubchannelId),
}

impl Balancer for State {
    fn resolved(&mut self, resolution: Resolution, channel: &mut dyn ChannelControl) {
        let addresses = order(resolution);
        if addresses.is_empty() {
            self.addresses.clear();
            self.candidates.clear();
            self.phase = Phase::Unresolved;
            self.fail(Status::unavailable("the name has no addresses"), channel);
            channel.resolve_again();
            return;
        }
        if addresses == self.addresses {
            return;
        }
        self.addresses = addresses;
        match self.phase {
            Phase::Idle => {}
            Phase::Ready(_)
                if self
                    .addresses
                    .contains(self.candidates[0].subchannel.address()) => {}
            _ => self.start_pass(channel),
        }
    }

    fn resolver_failed(&mut self, error: Status, channel: &mut dyn ChannelControl) {
        if self.addresses.is_empty() {
            self.fail(error, channel);
        }
    }

    fn subchannel_changed(
        &mut self,
        id: SubchannelId,
        state: ConnectivityState,
        channel: &mut dyn ChannelControl,
    ) {
        let Some(at) = self
            .candidates
            .iter()
            .position(|candidate| candidate.subchannel.id() == id)
        else {
            return;
        };
        let was_chosen = self.phase == Phase::Ready(id);
        let candidate = &mut self.candidates[at];
        match state {
            ConnectivityState::Connecting => candidate.state = Progress::Connecting,
            ConnectivityState::Ready => self.choose(at, channel),
            ConnectivityState::Idle => {
                candidate.state = Progress::Idle;
                if was_chosen {
                    // The next call connects again; until then nothing is needed.
                    self.phase = Phase::Idle;
                    channel.publish(ConnectivityState::Idle, Arc::new(Queue));
                    channel.resolve_again();
                } else if self.phase == Phase::Exhausted {
                    candidate.subchannel.connect();
                }
            }
            ConnectivityState::TransientFailure(status) => {
                candidate.state = Progress::BackingOff;
                candidate.failed = true;
                self.last_failure = Some(status);
                if was_chosen {
                    // It hangs up as soon as it is connected to: others first.
                    self.start_pass(channel);
                } else {
                    self.failed(at, channel);
                }
            }
        }
    }

    fn exit_idle(&mut self, channel: &mut dyn ChannelControl) {
        if self.phase == Phase::Idle {
            self.start_pass(channel);
        }
    }

    fn timer(&mut self, channel: &mut dyn ChannelControl) {
        if matches!(self.phase, Phase::Pass { .. }) {
            self.start_next(channel);
        }
    }
}

impl State {
    fn start_pass(&mut self, channel: &mut dyn ChannelControl) {
        let mut before = std::mem::take(&mut self.candidates);
        self.candidates = self
            .addresses
            .iter()
            .map(|address| {
                let known = before
                    .iter()
                    .position(|candidate| candidate.subchannel.address() == address);
                match known {
                    // It keeps its backoff, and an attempt under way.
                    Some(at) => {
                        let mut candidate = before.swap_remove(at);
                        candidate.failed = candidate.state == Progress::BackingOff;
                        candidate
                    }
                    None => Candidate {
                        subchannel: channel.subchannel(address.clone()),
                        state: Progress::Idle,
                        failed: false,
                    },
                }
            })
            .collect();
        self.phase = Phase::Pass { next: 0 };
        if !self.failing {
            channel.publish(ConnectivityState::Connecting, Arc::new(Queue));
        }
        self.start_next(channel);
    }

    /// Starts the next address that has not failed in this pass.
    fn start_next(&mut self, channel: &mut dyn ChannelControl) {
        let Phase::Pass { next } = &mut self.phase else {
            return;
        };
        while let Some(candidate) = self.candidates.get_mut(*next) {
            *next += 1;
            if candidate.failed {
                continue;
            }
            if candidate.state == Progress::Idle {
                candidate.state = Progress::Connecting;
                candidate.subchannel.connect();
            }
            if *next < self.candidates.len() {
                channel.wake_after(ATTEMPT_DELAY);
            }
            return;
        }
        if self.candidates.iter().all(|candidate| candidate.failed) {
            self.exhausted(channel);
        }
    }

    fn failed(&mut self, at: usize, channel: &mut dyn ChannelControl) {
        match self.phase {
            Phase::Pass { next } => {
                let alone = !self
                    .candidates
                    .iter()
                    .any(|candidate| candidate.state == Progress::Connecting);
                // An older attempt's failure does not hurry the next one.
                if alone || at + 1 == next {
                    self.start_next(channel);
                }
            }
            Phase::Exhausted => {
                self.failures += 1;
                if self.failures.is_multiple_of(self.candidates.len()) {
                    channel.resolve_again();
                }
                self.report_failure(channel);
            }
            Phase::Unresolved | Phase::Idle | Phase::Ready(_) => {}
        }
    }

    /// The pass is over without a connection.
    fn exhausted(&mut self, channel: &mut dyn ChannelControl) {
        self.phase = Phase::Exhausted;
        self.failures = 0;
        self.report_failure(channel);
        channel.resolve_again();
        for candidate in &mut self.candidates {
            if candidate.state == Progress::Idle {
                candidate.state = Progress::Connecting;
                candidate.subchannel.connect();
            }
        }
    }

    fn report_failure(&mut self, channel: &mut dyn ChannelControl) {
        let Some(last) = self.last_failure.clone() else {
            return;
        };
        let status = match self.addresses.len() {
            1 => last,
            count => {
                let message = format!(
                    "none of {count} addresses accepts a connection; the last one: {}",
                    last.message()
                );
                let mut status = Status::new(last.code(), message);
                status.set_source(Arc::new(last));
                status
            }
        };
        self.fail(status, channel);
    }

    fn fail(&mut self, status: Status, channel: &mut dyn ChannelControl) {
        self.failing = true;
        channel.publish(
            ConnectivityState::TransientFailure(status.clone()),
            Arc::new(Fail(status)),
        );
    }

    fn choose(&mut self, at: usize, channel: &mut dyn ChannelControl) {
        let mut chosen = self.candidates.swap_remove(at);
        // Dropping the others ends their attempts.
        self.candidates.clear();
        chosen.failed = false;
        let subchannel = Arc::clone(&chosen.subchannel);
        self.phase = Phase::Ready(subchannel.id());
        self.candidates.push(chosen);
        self.failing = false;
        self.last_failure = None;
        channel.publish(ConnectivityState::Ready, Arc::new(One(subchannel)));
    }
}

/// The addresses of a resolution: endpoints in order, the two families of IP taking turns, so
/// that a broken family costs one attempt delay and not all of them.
fn order(resolution: Resolution) -> Vec<Address> {
    let mut all: Vec<Address> = Vec::new();
    for endpoint in resolution.endpoints {
        for address in endpoint.addresses {
            if !all.contains(&address) {
                all.push(address);
            }
        }
    }
    let is_v6 = |address: &Address| matches!(address, Address::Ip(SocketAddr::V6(_)));
    let first_is_v6 = all.first().is_some_and(is_v6);
    let (same, other): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|address| is_v6(address) == first_is_v6);
    let mut ordered = Vec::with_capacity(same.len() + other.len());
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    loop {
        let (a, b) = (same.next(), other.next());
        if a.is_none() && b.is_none() {
            return ordered;
        }
        ordered.extend(a);
        ordered.extend(b);
    }
}

/// Calls wait.
struct Queue;

impl Picker for Queue {
    fn pick(&self, _: &PickArgs<'_>) -> Pick {
        Pick::Queue
    }
}

/// Calls fail.
struct Fail(Status);

impl Picker for Fail {
    fn pick(&self, _: &PickArgs<'_>) -> Pick {
        Pick::Fail(self.0.clone())
    }
}

/// All calls go to one place.
struct One(Arc<dyn Subchannel>);

impl Picker for One {
    fn pick(&self, _: &PickArgs<'_>) -> Pick {
        Pick::Complete {
            subchannel: Arc::clone(&self.0),
            on_done: None,
        }
    }
}
