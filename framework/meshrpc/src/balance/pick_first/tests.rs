//! pick_first without a socket: a channel whose subchannels do as they are told.

use std::sync::Mutex;

use tonic::metadata::MetadataMap;

use super::*;
use crate::base::{MethodKind, MethodSpec};

#[derive(Debug)]
struct Fake {
    id: SubchannelId,
    address: Address,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Subchannel for Fake {
    fn id(&self) -> SubchannelId {
        self.id
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn connect(&self) {
        self.asked.lock().unwrap().push(self.address.to_string());
    }
}

/// What a balancer did to its channel.
#[derive(Default)]
struct Channel {
    asked: Arc<Mutex<Vec<String>>>,
    made: Vec<(SubchannelId, Address)>,
    state: Option<ConnectivityState>,
    picker: Option<Arc<dyn Picker>>,
    resolves: usize,
    timer: Option<Duration>,
}

impl ChannelControl for Channel {
    fn subchannel(&mut self, address: Address) -> Arc<dyn Subchannel> {
        let id = SubchannelId::new(self.made.len() as u64);
        self.made.push((id, address.clone()));
        Arc::new(Fake {
            id,
            address,
            asked: Arc::clone(&self.asked),
        })
    }

    fn publish(&mut self, state: ConnectivityState, picker: Arc<dyn Picker>) {
        self.state = Some(state);
        self.picker = Some(picker);
    }

    fn resolve_again(&mut self) {
        self.resolves += 1;
    }

    fn wake_after(&mut self, delay: Duration) {
        self.timer = Some(delay);
    }
}

impl Channel {
    fn state(&self) -> &'static str {
        self.state.as_ref().map_or("none", ConnectivityState::name)
    }

    /// The addresses that were asked to connect since the last look.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn id(&self, address: &str) -> SubchannelId {
        let made = self.made.iter().rev();
        made.into_iter()
            .find(|(_, made)| made.to_string() == address)
            .unwrap_or_else(|| panic!("no subchannel for {address}"))
            .0
    }

    fn pick(&self) -> String {
        let spec = MethodSpec::from_static("/a.B/C", MethodKind::Unary);
        let metadata = MetadataMap::new();
        match self
            .picker
            .as_ref()
            .unwrap()
            .pick(&PickArgs::new(&spec, &metadata))
        {
            Pick::Complete { subchannel, .. } => subchannel.address().to_string(),
            Pick::Queue => "queue".to_owned(),
            Pick::Fail(status) => format!("fail: {}", status.message()),
            Pick::Drop(_) => "drop".to_owned(),
        }
    }
}

fn found(addresses: &[&str]) -> Resolution {
    Resolution::of(
        addresses
            .iter()
            .map(|text| Address::Ip(text.parse().unwrap())),
    )
}

fn failure(text: &str) -> ConnectivityState {
    ConnectivityState::TransientFailure(Status::unavailable(text))
}

const A: &str = "10.0.0.1:1";
const B: &str = "10.0.0.2:1";

/// A balancer that has just been told of these addresses.
fn started(addresses: &[&str]) -> (Box<dyn Balancer>, Channel) {
    let mut channel = Channel::default();
    let mut balancer = PickFirst.balancer();
    balancer.resolved(found(addresses), &mut channel);
    (balancer, channel)
}

#[test]
fn the_first_address_that_connects_takes_all_calls() {
    let (mut balancer, mut channel) = started(&[A, B]);
    assert_eq!(
        (channel.state(), channel.pick()),
        ("CONNECTING", "queue".to_owned())
    );
    assert_eq!(channel.asked(), [A]);
    balancer.subchannel_changed(channel.id(A), failure("refused"), &mut channel);
    assert_eq!(channel.asked(), [B]);
    balancer.subchannel_changed(channel.id(B), ConnectivityState::Ready, &mut channel);
    assert_eq!((channel.state(), channel.pick()), ("READY", B.to_owned()));
}

#[test]
fn a_slow_address_is_joined_by_the_next_and_not_stopped() {
    let (mut balancer, mut channel) = started(&[A, B]);
    assert_eq!(channel.timer.take(), Some(ATTEMPT_DELAY));
    balancer.timer(&mut channel);
    assert_eq!(channel.asked(), [A, B]);
    assert_eq!(channel.timer, None, "nothing comes after the last address");
    balancer.subchannel_changed(channel.id(A), ConnectivityState::Ready, &mut channel);
    assert_eq!(channel.pick(), A);
    // The loser's news is nobody's business any more.
    balancer.subchannel_changed(channel.id(B), failure("dropped"), &mut channel);
    assert_eq!(channel.pick(), A);
}

#[test]
fn families_take_turns() {
    let resolution = found(&[
        "[::1]:1",
        "[::2]:1",
        "10.0.0.1:1",
        "10.0.0.1:1",
        "10.0.0.2:1",
    ]);
    let ordered: Vec<_> = order(resolution).iter().map(ToString::to_string).collect();
    assert_eq!(ordered, ["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1"]);
}

#[test]
fn when_all_have_failed_calls_fail_until_one_is_reached() {
    let (mut balancer, mut channel) = started(&[A, B]);
    balancer.subchannel_changed(channel.id(A), failure("first"), &mut channel);
    assert_eq!(channel.state(), "CONNECTING");
    balancer.subchannel_changed(channel.id(B), failure("second"), &mut channel);
    assert_eq!(channel.state(), "TRANSIENT_FAILURE");
    let told = channel.pick();
    assert!(
        told.starts_with("fail: ") && told.contains("second"),
        "{told}"
    );
    assert_eq!(
        channel.resolves, 1,
        "the resolver may know better addresses"
    );
    channel.asked();

    // Each comes back at its own pace; meanwhile the channel stays failing.
    for (address, asked) in [(B, B), (A, A)] {
        balancer.subchannel_changed(channel.id(address), ConnectivityState::Idle, &mut channel);
        assert_eq!(channel.asked(), [asked]);
        let connecting = ConnectivityState::Connecting;
        balancer.subchannel_changed(channel.id(address), connecting, &mut channel);
        assert_eq!(channel.state(), "TRANSIENT_FAILURE");
    }
    balancer.subchannel_changed(channel.id(A), failure("again"), &mut channel);
    balancer.subchannel_changed(channel.id(B), failure("again"), &mut channel);
    assert_eq!(channel.resolves, 2, "once more for each round of failures");
    balancer.subchannel_changed(channel.id(B), ConnectivityState::Ready, &mut channel);
    assert_eq!(channel.pick(), B);
}

#[test]
fn a_lost_connection_waits_for_a_call_before_it_is_made_again() {
    let (mut balancer, mut channel) = started(&[A]);
    balancer.subchannel_changed(channel.id(A), ConnectivityState::Ready, &mut channel);
    channel.asked();
    balancer.subchannel_changed(channel.id(A), ConnectivityState::Idle, &mut channel);
    assert_eq!(
        (channel.state(), channel.pick()),
        ("IDLE", "queue".to_owned())
    );
    assert!(channel.asked().is_empty());
    assert_eq!(channel.resolves, 1);
    balancer.exit_idle(&mut channel);
    assert_eq!(
        (channel.state(), channel.asked()),
        ("CONNECTING", vec![A.to_owned()])
    );
    assert_eq!(channel.made.len(), 1, "the subchannel keeps its backoff");
}

#[test]
fn an_address_that_hangs_up_at_once_is_tried_after_the_others() {
    let (mut balancer, mut channel) = started(&[A, B]);
    balancer.subchannel_changed(channel.id(A), ConnectivityState::Ready, &mut channel);
    channel.asked();
    balancer.subchannel_changed(channel.id(A), failure("hangs up"), &mut channel);
    assert_eq!(channel.asked(), [B]);
    assert_eq!(channel.state(), "CONNECTING");
}

#[test]
fn new_addresses_that_leave_the_connection_out_move_it() {
    let (mut balancer, mut channel) = started(&[A]);
    balancer.subchannel_changed(channel.id(A), ConnectivityState::Ready, &mut channel);
    balancer.resolved(found(&[B, A]), &mut channel);
    assert_eq!(channel.pick(), A, "a listed connection stays");
    balancer.resolved(found(&[B]), &mut channel);
    assert_eq!(channel.state(), "CONNECTING");
    balancer.subchannel_changed(channel.id(B), ConnectivityState::Ready, &mut channel);
    assert_eq!(channel.pick(), B);
}

#[test]
fn a_resolver_that_fails_matters_only_while_nothing_is_known() {
    let mut channel = Channel::default();
    let mut balancer = PickFirst.balancer();
    balancer.resolver_failed(Status::unavailable("no such host"), &mut channel);
    assert_eq!(channel.pick(), "fail: no such host");
    balancer.resolved(found(&[A]), &mut channel);
    balancer.subchannel_changed(channel.id(A), ConnectivityState::Ready, &mut channel);
    balancer.resolver_failed(Status::unavailable("gone"), &mut channel);
    assert_eq!(channel.pick(), A);
    balancer.resolved(found(&[]), &mut channel);
    assert_eq!(channel.pick(), "fail: the name has no addresses");
}
