//! The client: a [`Channel`] to a target, and the typed calls that generated clients make.

mod builder;
pub(crate) mod calls;
mod channel;
mod driver;
mod endpoints;
mod error;
mod layered;
mod stack;
mod subchannel;
mod target;
mod tonic;
mod transparent;

pub use self::tonic::{DescribedChannel, HttpCall};
pub use builder::ChannelBuilder;
pub use calls::{
    BidiStreamingCall, ClientStreamingCall, Reply, ServerStreamingCall, StreamItem, UnaryCall,
};
pub use channel::Channel;
pub use endpoints::WaitForReady;
pub use error::ConnectError;

pub use crate::base::{Address, KeepaliveOptions};
pub use crate::protocol::{Answering, HttpService};
pub use crate::transport::{Connecting, Connection, Connector};
