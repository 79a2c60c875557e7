//! The client: a [`Channel`] to a target, and the typed calls that generated clients make.

mod builder;
pub(crate) mod calls;
mod channel;
mod connection;
mod deadline;
mod error;
mod stack;
mod target;

pub use builder::ChannelBuilder;
pub use calls::{
    BidiStreamingCall, ClientStreamingCall, Reply, ServerStreamingCall, StreamItem, UnaryCall,
};
pub use channel::Channel;
pub use error::ConnectError;

pub use crate::base::Address;
pub use crate::transport::{Connecting, Connection, Connector};
