//! How a channel is set up.

use std::sync::Arc;

use http::HeaderValue;

use super::channel::Channel;
use super::connection::Subchannel;
use super::error::ConnectError;
use super::stack::Stack;
use super::target::Target;
use crate::base::Limits;
use crate::protocol::grpc::client::Identity;

/// Sets up a [`Channel`]; made by [`Channel::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until connect() or connect_lazy()"]
pub struct ChannelBuilder {
    target: String,
    limits: Limits,
    user_agent: Option<HeaderValue>,
}

impl ChannelBuilder {
    pub(crate) fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            limits: Limits::DEFAULT,
            user_agent: None,
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
            subchannel: Arc::clone(&subchannel),
        };
        Ok((Channel::from_stack(stack), subchannel))
    }
}
