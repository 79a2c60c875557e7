//! Which server a call goes to: the types between a channel and its balancer.
//!
//! A balancer is told what happens (servers found, connections made and lost, time passed) and
//! publishes an immutable [`Picker`] after each change. A call only asks the picker, so that
//! nothing is locked while it does.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::{Address, MethodSpec, Resolution};

/// What a channel or one of its connections is doing (gRPC's connectivity states).
#[derive(Debug, Clone)]
pub enum ConnectivityState {
    /// There is no connection, and nobody asked for one.
    Idle,
    /// A connection is being made.
    Connecting,
    /// There is a connection.
    Ready,
    /// Connecting failed for this reason; it is tried again after a pause.
    TransientFailure(Status),
}

impl ConnectivityState {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Connecting => "CONNECTING",
            Self::Ready => "READY",
            Self::TransientFailure(_) => "TRANSIENT_FAILURE",
        }
    }
}

/// Names a subchannel within its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubchannelId(u64);

impl SubchannelId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// One address and its connection, made by [`ChannelControl::subchannel`]. It connects when it
/// is asked to, and lives until nobody holds it; calls under way are then still finished.
pub trait Subchannel: Any + fmt::Debug + Send + Sync {
    /// Its name within the channel.
    fn id(&self) -> SubchannelId;

    /// What it connects to.
    fn address(&self) -> &Address;

    /// Asks an idle subchannel to connect; without effect in every other state.
    fn connect(&self);
}

/// What a call says about itself to a picker.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PickArgs<'a> {
    /// The method that is called.
    pub spec: &'a MethodSpec,
    /// The call's metadata.
    pub metadata: &'a MetadataMap,
    /// What calls that belong together have in common, for balancers that keep them together.
    pub hash_key: Option<u64>,
    /// Where earlier attempts of the same call went.
    pub tried: &'a [SubchannelId],
}

impl<'a> PickArgs<'a> {
    /// The first attempt of a call.
    pub const fn new(spec: &'a MethodSpec, metadata: &'a MetadataMap) -> Self {
        Self {
            spec,
            metadata,
            hash_key: None,
            tried: &[],
        }
    }
}

/// Where a call goes.
pub enum Pick {
    /// To this subchannel.
    Complete {
        /// A subchannel that is ready. If its connection was lost just now, the call is picked
        /// anew.
        subchannel: Arc<dyn Subchannel>,
        /// Told how the attempt ended; `None` costs nothing. Dropped unused if nothing was sent.
        on_done: Option<OnDone>,
    },
    /// Nowhere yet: the call waits for the next picker.
    Queue,
    /// Nowhere: the call fails with this cause, unless it waits for a connection at any rate.
    Fail(Status),
    /// Nowhere: the call is dropped with this status on purpose.
    Drop(Status),
}

impl fmt::Debug for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete { subchannel, .. } => {
                f.debug_tuple("Complete").field(&subchannel).finish()
            }
            Self::Queue => f.write_str("Queue"),
            Self::Fail(status) => f.debug_tuple("Fail").field(status).finish(),
            Self::Drop(status) => f.debug_tuple("Drop").field(status).finish(),
        }
    }
}

/// Is told once how an attempt ended.
pub type OnDone = Box<dyn FnOnce(&Outcome<'_>) + Send>;

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// The status; CANCELLED when nobody waited for the end.
    pub code: Code,
    /// How long it took, streams included.
    pub elapsed: Duration,
    /// What the server sent at the end, load reports among it.
    pub trailers: Option<&'a MetadataMap>,
}

impl<'a> Outcome<'a> {
    /// An end without trailers.
    pub const fn new(code: Code, elapsed: Duration) -> Self {
        Self {
            code,
            elapsed,
            trailers: None,
        }
    }

    pub(crate) const fn with_trailers(mut self, trailers: &'a MetadataMap) -> Self {
        self.trailers = Some(trailers);
        self
    }
}

/// Says where each call goes. Published whole by a balancer and never changed.
pub trait Picker: Send + Sync + 'static {
    /// Where this call goes. It is called for every call: it must neither block nor wait.
    fn pick(&self, args: &PickArgs<'_>) -> Pick;
}

/// A way of balancing: makes a balancer for each channel.
pub trait Policy: fmt::Debug + Send + Sync + 'static {
    /// The name that service configs use, such as `pick_first`.
    fn name(&self) -> &'static str;

    /// A balancer for one channel.
    fn balancer(&self) -> Box<dyn Balancer>;
}

/// Decides which subchannels there are and publishes pickers. One task calls it, one event at a
/// time.
pub trait Balancer: Send {
    /// The resolver found these servers.
    fn resolved(&mut self, resolution: Resolution, channel: &mut dyn ChannelControl);

    /// The resolver failed. What it found before is still the best that is known.
    fn resolver_failed(&mut self, error: Status, channel: &mut dyn ChannelControl);

    /// A subchannel changed its state.
    fn subchannel_changed(
        &mut self,
        id: SubchannelId,
        state: ConnectivityState,
        channel: &mut dyn ChannelControl,
    );

    /// A call waits, and perhaps nothing is being done for it.
    fn exit_idle(&mut self, channel: &mut dyn ChannelControl);

    /// The time asked for by [`ChannelControl::wake_after`] has passed.
    fn timer(&mut self, channel: &mut dyn ChannelControl) {
        let _ = channel;
    }
}

/// What a balancer can do to its channel.
pub trait ChannelControl {
    /// A new subchannel, idle.
    fn subchannel(&mut self, address: Address) -> Arc<dyn Subchannel>;

    /// Makes this the channel's state and this the picker of its calls.
    fn publish(&mut self, state: ConnectivityState, picker: Arc<dyn Picker>);

    /// Asks the resolver for a fresh result.
    fn resolve_again(&mut self);

    /// Calls [`Balancer::timer`] once after this time. There is one timer; asking again sets it
    /// anew.
    fn wake_after(&mut self, delay: Duration);
}
