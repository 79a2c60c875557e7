//! The ground floor: the types that every other module speaks.
//!
//! What a call is ([`MethodSpec`], [`CallContext`], the message-level [`Call`]), what it
//! carries ([`Payload`], [`Messages`]), what bounds it ([`limits`]) and where time,
//! randomness and tasks come from ([`rt`]). Nothing in here names a socket, a codec or a
//! policy, so that everything above can be tested without them.

pub(crate) mod call;
pub(crate) mod context;
pub(crate) mod deadline;
pub(crate) mod details;
pub(crate) mod extensions;
pub(crate) mod limits;
pub(crate) mod payload;
pub(crate) mod rt;
pub(crate) mod spec;
pub(crate) mod upstream;

pub use call::{Call, CallFuture, CallRequest, CallResponse, MessageStream, Messages};
pub use context::{CallContext, Peer, PeerTls};
pub use deadline::Deadline;
pub use details::{ErrorDetails, StatusExt};
pub use extensions::{RequestExt, ResponseExt};
pub use limits::Limits;
pub use payload::Payload;
pub use spec::{Idempotency, MethodKind, MethodSpec, ServiceSpec, Spec};
