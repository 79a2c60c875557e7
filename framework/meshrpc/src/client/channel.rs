//! The channel: what generated clients call through.

use std::fmt;
use std::sync::Arc;

use super::builder::ChannelBuilder;
use super::error::ConnectError;
use super::stack::{Stack, around};
use crate::base::{Call, CallFuture, CallRequest};

/// A channel to a target. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Channel(Kind);

#[derive(Clone)]
enum Kind {
    Stack(Arc<Stack>),
    Call(Arc<dyn Call>),
}

impl Channel {
    /// A channel to `target`, connected.
    ///
    /// # Errors
    /// When the target is not understood, or no address of it accepts a connection.
    pub async fn connect(target: impl AsRef<str>) -> Result<Self, ConnectError> {
        Self::builder(target).connect().await
    }

    /// A channel to `target` that connects when it is first used.
    ///
    /// # Errors
    /// When the target is not understood.
    pub fn connect_lazy(target: impl AsRef<str>) -> Result<Self, ConnectError> {
        Self::builder(target).connect_lazy()
    }

    /// Sets up a channel to `target`: `http://host:port`, `dns:///host:port`,
    /// `ipv4:1.2.3.4:port,…`.
    pub fn builder(target: impl AsRef<str>) -> ChannelBuilder {
        ChannelBuilder::new(target.as_ref())
    }

    /// A channel that hands its calls to `call`, without any socket: a generated server around
    /// a mock, a proxy, a recording.
    pub fn from_call(call: impl Call) -> Self {
        Self(Kind::Call(Arc::new(call)))
    }

    pub(crate) fn from_stack(stack: Stack) -> Self {
        Self(Kind::Stack(Arc::new(stack)))
    }
}

impl Call for Channel {
    fn call(&self, request: CallRequest) -> CallFuture {
        match &self.0 {
            Kind::Stack(stack) => stack.call(request),
            Kind::Call(call) => {
                // Whoever answers may not watch the deadline.
                let deadline = request.context.deadline();
                around(None, deadline, call.call(request))
            }
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Stack(stack) => f
                .debug_tuple("Channel")
                .field(&stack.identity.authority)
                .finish(),
            Kind::Call(_) => f.write_str("Channel(call)"),
        }
    }
}
