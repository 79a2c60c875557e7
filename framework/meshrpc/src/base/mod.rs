//! The ground floor: the types that every other module speaks.
//!
//! What a call is ([`MethodSpec`], [`CallContext`], the message-level [`Call`]), what it
//! carries ([`Payload`], [`Messages`]), what bounds it ([`limits`]) and where time,
//! randomness and tasks come from ([`rt`]). Nothing in here names a socket, a codec or a
//! policy, so that everything above can be tested without them.

pub(crate) mod address;
pub(crate) mod backoff;
pub(crate) mod balancing;
pub(crate) mod batch;
pub(crate) mod call;
pub(crate) mod context;
pub(crate) mod deadline;
pub(crate) mod details;
pub(crate) mod events;
pub(crate) mod extensions;
pub(crate) mod interceptor;
pub(crate) mod keepalive;
pub(crate) mod limits;
mod outcome;
pub(crate) mod payload;
pub(crate) mod pool;
pub(crate) mod resolution;
pub(crate) mod rt;
pub(crate) mod spec;
pub(crate) mod trace;
pub(crate) mod upstream;

pub use address::Address;
pub use balancing::{
    Balancer, ChannelControl, ConnectivityState, OnDone, Outcome, Pick, PickArgs, Picker, Policy,
    Subchannel, SubchannelId,
};
pub use batch::Batch;
pub use call::{Call, CallFuture, CallRequest, CallResponse, MessageStream, Messages};
pub use context::{CallContext, Peer, PeerTls};
pub use deadline::Deadline;
pub use details::{ErrorDetails, StatusExt};
pub use events::{CallSide, Event, EventSink};
pub use extensions::{RequestExt, ResponseExt};
pub use interceptor::{Interceptor, Next};
pub use keepalive::KeepaliveOptions;
pub use limits::Limits;
pub use payload::Payload;
pub use resolution::{Endpoint, Resolution, Resolutions, Resolver, ServiceConfig};
pub use spec::{Idempotency, MethodKind, MethodSpec, ServiceSpec, Spec};
pub use trace::TraceContext;
