//! How a channel is set up.

use std::sync::Arc;

use http::HeaderValue;

use super::channel::Channel;
use super::connection::Subchannel;
use super::error::ConnectError;
use super::stack::Stack;
use super::target::Target;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::{EventSink, Interceptor, Limits};
use crate::protocol::grpc::client::Identity;

/// Sets up a [`Channel`]; made by [`Channel::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until connect() or connect_lazy()"]
pub struct ChannelBuilder {
    target: String,
    limits: Limits,
    user_agent: Option<HeaderValue>,
    sink: Sink,
    call_interceptors: Interceptors,
    attempt_interceptors: Interceptors,
}

impl ChannelBuilder {
    pub(crate) fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            limits: Limits::DEFAULT,
            user_agent: None,
            sink: Sink::default(),
            call_interceptors: Interceptors::default(),
            attempt_interceptors: Interceptors::default(),
        }
    }

    /// Replaces the channel's bounds.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Puts `name` before meshrpc's own `user-agent`. A name that can't stand in a header is
    /// left out.
    pub fn user_agent(mut self, name: &str) -> Self {
        self.user_agent = HeaderValue::try_from(format!(
            "{name} grpc-rust-meshrpc/{}",
            env!("CARGO_PKG_VERSION")
        ))
        .ok();
        self
    }

    /// Puts an interceptor around every call, outside of retries: it sees each call once. The
    /// first one added is the outermost.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.call_interceptors.push(interceptor);
        self
    }

    /// Puts an interceptor around every attempt, inside of retries: the place for credentials
    /// and for whatever concerns one try. The first one added is the outermost.
    pub fn intercept_attempts(mut self, interceptor: impl Interceptor) -> Self {
        self.attempt_interceptors.push(interceptor);
        self
    }

    /// Tells `sink` what happens to calls and connections.
    pub fn events(mut self, sink: impl EventSink) -> Self {
        self.sink = Sink::new(sink);
        self
    }

    /// A channel that connects when it is first used.
    ///
    /// # Errors
    /// When the target is not understood.
    pub fn connect_lazy(self) -> Result<Channel, ConnectError> {
        self.build().map(|(channel, _)| channel)
    }

    /// A channel with a connection.
    ///
    /// # Errors
    /// When the target is not understood, or no address of it accepts a connection.
    pub async fn connect(self) -> Result<Channel, ConnectError> {
        let (channel, subchannel) = self.build()?;
        subchannel.connection().await?;
        Ok(channel)
    }

    fn build(self) -> Result<(Channel, Arc<Subchannel>), ConnectError> {
        let target = Target::parse(&self.target)?;
        let identity = Identity {
            scheme: target.scheme.clone(),
            authority: target.authority.clone(),
            user_agent: self.user_agent.unwrap_or(
                const {
                    HeaderValue::from_static(concat!(
                        "grpc-rust-meshrpc/",
                        env!("CARGO_PKG_VERSION")
                    ))
                },
            ),
        };
        let subchannel = Arc::new(Subchannel::new(target, self.limits));
        let stack = Stack {
            identity,
            limits: self.limits,
            sink: self.sink,
            call_interceptors: self.call_interceptors,
            attempt_interceptors: self.attempt_interceptors,
            subchannel: Arc::clone(&subchannel),
        };
        Ok((Channel::from_stack(stack), subchannel))
    }
}
