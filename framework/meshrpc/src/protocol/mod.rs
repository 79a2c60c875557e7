//! Protocols: a message-level call on one side, an HTTP exchange on the other.
//!
//! gRPC is the first; gRPC-Web and Connect have the same two faces. Nothing here knows a
//! socket.

mod body;
pub(crate) mod grpc;
mod service;

pub use body::Body;
pub(crate) use body::{BodyError, Kind, body_error_to_status};
pub use service::{Answering, HttpService};
pub(crate) use service::{BoxError, Caught, HttpLayers};
