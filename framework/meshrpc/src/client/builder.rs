//! How a channel is set up.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::channel::Channel;
use super::endpoints::Endpoints;
use super::error::ConnectError;
use super::layered;
use super::stack::{self, Stack};
use super::subchannel::Dialer;
use super::target::Target;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::rt::Rng;
use crate::base::{EventSink, Interceptor, KeepaliveOptions, Limits, Policy, Resolver};
use crate::codec::envelope::Side;
use crate::protocol::grpc::client::Identity;
use crate::protocol::{Body, BodyError, BoxError, HttpLayers, HttpService};
#[cfg(feature = "tls")]
use crate::transport::tls::{ClientTls, Secured};
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
    http_layers: HttpLayers,
    connector: Option<Arc<dyn Connector>>,
    resolver: Option<Arc<dyn Resolver>>,
    policy: Option<Arc<dyn Policy>>,
    keepalive: Option<KeepaliveOptions>,
    tcp: TcpOptions,
    authority: Option<String>,
    #[cfg(feature = "tls")]
    tls: Option<ClientTls>,
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
            http_layers: HttpLayers::default(),
            connector: None,
            resolver: None,
            policy: None,
            keepalive: None,
            tcp: TcpOptions::default(),
            authority: None,
            #[cfg(feature = "tls")]
            tls: None,
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

    /// Puts a tower layer around every attempt, inside of the interceptors, at the level of HTTP.
    /// The first one added is the outermost. It has to hand on the request's extensions. For what
    /// concerns calls, [`ChannelBuilder::intercept`] costs less and knows more.
    pub fn http_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>>,
        L::Service: Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        self.http_layers.push(layer, Side::Client);
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

    /// Speaks TLS, as it says. An `https://` target does so by itself, trusting the default
    /// authorities; an `http://` target rules it out, and the two together are an error.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Calls the server by this name (`:authority`, as `host` or `host:port`) instead of the
    /// target's. With TLS its host is what the server's certificate has to be for, unless
    /// `ClientTls::server_name` says otherwise.
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = Some(authority.into());
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

    fn build(mut self) -> Result<Stack, ConnectError> {
        let mut target = Target::parse(&self.target)?;
        if let Some(authority) = &self.authority {
            target.rename(authority)?;
        }
        let connector = self
            .connector
            .take()
            .unwrap_or_else(|| Arc::new(SocketConnector { tcp: self.tcp }));
        let connector = self.secure(&mut target, connector)?;
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
            connector,
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
            http: layered::layered(&self.http_layers),
            endpoints,
        })
    }

    /// `connector`, with TLS over it where the target or the builder asks for it.
    #[cfg(feature = "tls")]
    fn secure(
        &self,
        target: &mut Target,
        connector: Arc<dyn Connector>,
    ) -> Result<Arc<dyn Connector>, ConnectError> {
        let default;
        let tls = match &self.tls {
            Some(_) if target.plaintext => {
                return Err(target.invalid(
                    "http:// is plaintext, but the builder was given TLS settings; use https://",
                ));
            }
            Some(tls) => tls,
            None if target.scheme == Scheme::HTTPS => {
                default = ClientTls::new();
                &default
            }
            None => return Ok(connector),
        };
        target.scheme = Scheme::HTTPS;
        match tls.connector(target.authority.host()) {
            Ok(tls) => Ok(Arc::new(Secured {
                inner: connector,
                tls,
            })),
            Err(source) => Err(ConnectError::Tls {
                target: target.text.clone(),
                source,
            }),
        }
    }

    #[cfg(not(feature = "tls"))]
    fn secure(
        &self,
        target: &mut Target,
        connector: Arc<dyn Connector>,
    ) -> Result<Arc<dyn Connector>, ConnectError> {
        if target.scheme == Scheme::HTTPS {
            return Err(target.invalid(
                "https:// needs meshrpc's feature \"tls\"; switch it on in Cargo.toml, or use \
                 http:// for a server that speaks plaintext",
            ));
        }
        Ok(connector)
    }
}
