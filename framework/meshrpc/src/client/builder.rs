//! How a channel is set up.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use http::HeaderValue;

use super::channel::Channel;
use super::endpoints::Endpoints;
use super::error::ConnectError;
use super::stack::{self, Stack};
use super::subchannel::Dialer;
use super::target::Target;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::rt::Rng;
use crate::base::{EventSink, Interceptor, KeepaliveOptions, Limits, Policy, Resolver};
use crate::protocol::grpc::client::Identity;
use crate::transport::{Connector, SocketConnector, TcpOptions};

/// Shorter times of silence are not taken (gRFC A8): pings must not become a load.
const MIN_KEEPALIVE_TIME: Duration = Duration::from_secs(10);

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
    connector: Option<Arc<dyn Connector>>,
    resolver: Option<Arc<dyn Resolver>>,
    policy: Option<Arc<dyn Policy>>,
    keepalive: Option<KeepaliveOptions>,
    tcp: TcpOptions,
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
            connector: None,
            resolver: None,
            policy: None,
            keepalive: None,
            tcp: TcpOptions::default(),
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

    /// Takes byte streams from `connector` instead of from the operating system.
    pub fn connector(mut self, connector: impl Connector) -> Self {
        self.connector = Some(Arc::new(connector));
        self
    }

    /// Finds the servers by `resolver`; the target then only names the authority.
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// Spreads the calls by `policy`; by default they all go to the first server that can be
    /// reached ([`PickFirst`](crate::balance::PickFirst)).
    pub fn balancer(mut self, policy: impl Policy) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Pings the server when nothing is heard from it. Off by default: servers close
    /// connections that ping more than they allow.
    pub fn keepalive(mut self, options: KeepaliveOptions) -> Self {
        let time = options.time.max(MIN_KEEPALIVE_TIME);
        self.keepalive = Some(KeepaliveOptions { time, ..options });
        self.tcp.user_timeout = Some(options.timeout);
        self
    }

    /// How long a connection to one address may take; the same as `Limits::connect_timeout`.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`). On by default.
    pub fn tcp_nodelay(mut self, nodelay: bool) -> Self {
        self.tcp.nodelay = nodelay;
        self
    }

    /// A channel that connects when it is first used.
    ///
    /// # Errors
    /// When the target is not understood.
    pub fn connect_lazy(self) -> Result<Channel, ConnectError> {
        self.build().map(Channel::from_stack)
    }

    /// A channel with a connection.
    ///
    /// # Errors
    /// When the target is not understood, or no address of it accepts a connection.
    pub async fn connect(self) -> Result<Channel, ConnectError> {
        let stack = self.build()?;
        stack.endpoints.connected().await?;
        Ok(Channel::from_stack(stack))
    }

    fn build(self) -> Result<Stack, ConnectError> {
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
        let dialer = Dialer {
            connector: self
                .connector
                .unwrap_or_else(|| Arc::new(SocketConnector { tcp: self.tcp })),
            limits: self.limits,
            keepalive: self.keepalive,
            complaints: AtomicU32::new(0),
            rng: Arc::new(Rng::from_os()),
            sink: self.sink.clone(),
        };
        let endpoints = Endpoints::new(
            &target.text,
            self.resolver.unwrap_or_else(|| stack::resolver(&target)),
            self.policy.unwrap_or_else(stack::policy),
            dialer,
        );
        Ok(Stack {
            identity,
            limits: self.limits,
            sink: self.sink,
            call_interceptors: self.call_interceptors,
            attempt_interceptors: self.attempt_interceptors,
            endpoints,
        })
    }
}
