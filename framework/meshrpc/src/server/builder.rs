//! How a server is set up and started.

use std::fmt;
use std::future::{Future, pending};
use std::net::ToSocketAddrs;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tonic::server::NamedService;
use tower_layer::Layer;
use tower_service::Service as TowerService;

use super::accept::{self, Setup};
use super::error::ServeError;
use super::front::Front;
use super::listen::Bind;
use super::mount::{CatchAll, Mounted};
use super::router::{Fallbacks, Router};
use super::service::Service;
use super::stack::Layers;
use crate::base::events::Sink;
use crate::base::{Call, EventSink, Interceptor, Limits};
use crate::codec::envelope::Side;
use crate::protocol::{Body, BodyError, BoxError, HttpLayers, HttpService};
#[cfg(feature = "tls")]
use crate::transport::tls::ServerTls;
use crate::transport::{IntoListener, Listener, Security, TcpOptions};

/// A server. [`Server::builder`] sets one up.
#[derive(Debug)]
pub struct Server(());

impl Server {
    /// Sets up a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            services: Vec::new(),
            limits: Limits::DEFAULT,
            layers: Layers::default(),
            http_layers: HttpLayers::default(),
            fallbacks: Fallbacks::default(),
            listen: Vec::new(),
            tcp: TcpOptions::default(),
            reuse_port: false,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// Sets up a [`Server`]; made by [`Server::builder`].
#[must_use = "a builder does nothing until one of its serve methods is awaited"]
pub struct ServerBuilder {
    services: Vec<Arc<dyn Service>>,
    limits: Limits,
    layers: Layers,
    http_layers: HttpLayers,
    fallbacks: Fallbacks,
    listen: Vec<Bind>,
    tcp: TcpOptions,
    reuse_port: bool,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
}

impl ServerBuilder {
    /// Serves a generated service.
    pub fn add_service(mut self, service: impl Service) -> Self {
        self.services.push(Arc::new(service));
        self
    }

    /// Serves a service that another framework generated, tonic's for one, under its name; see
    /// [`Mounted`] for what holds for it, and for options.
    pub fn mount<S, B>(self, service: S) -> Self
    where
        S: TowerService<Request<Body>, Response = Response<B>>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        self.add_service(Mounted::new(service))
    }

    /// Hands the calls of services that are not served here to `call`, as bidirectional streams
    /// of encoded messages, whatever their kind: a proxy's door. A [`Channel`](crate::Call) to
    /// another server is such a `call`.
    pub fn fallback(mut self, call: impl Call) -> Self {
        self.fallbacks.call = Some(Arc::new(CatchAll::new(call)));
        self
    }

    /// Hands requests that are no gRPC calls, or calls that nobody here answers, to `service`:
    /// an axum router, or whatever else tower calls a service. With the feature `http1` it also
    /// gets the requests of clients that speak HTTP/1.1, on plaintext connections.
    pub fn fallback_http<S, B>(mut self, service: S) -> Self
    where
        S: TowerService<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        self.fallbacks.http = Some(HttpService::new(service, Side::Server));
        self
    }

    /// Puts a tower layer around everything that the server does with requests, at the level of
    /// HTTP. The first one added is the outermost. Without any, nothing stands between; for what
    /// concerns calls, [`ServerBuilder::intercept`] costs less and knows more.
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpService> + Send + Sync + 'static,
        L::Service: TowerService<Request<Body>, Response = Response<B>>,
        L::Service: Clone + Send + Sync + 'static,
        <L::Service as TowerService<Request<Body>>>::Future: Send,
        <L::Service as TowerService<Request<Body>>>::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        self.http_layers.push(layer, Side::Server);
        self
    }

    /// Puts an interceptor around the handlers of all services. The first one added is the
    /// outermost.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.layers.interceptors.push(interceptor);
        self
    }

    /// Tells `sink` what happens to calls and connections.
    pub fn events(mut self, sink: impl EventSink) -> Self {
        self.layers.sink = Sink::new(sink);
        self
    }

    /// Replaces the server's bounds.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Accepts so many calls at once on one connection; short for
    /// [`Limits::max_concurrent_streams`].
    pub fn max_concurrent_streams(mut self, calls: u32) -> Self {
        self.limits.max_concurrent_streams = calls;
        self
    }

    /// Speaks TLS on all of the server's listeners.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`). On unless switched off here: a
    /// response must not wait for the acknowledgement of the one before it.
    pub fn tcp_nodelay(mut self, nodelay: bool) -> Self {
        self.tcp.nodelay = nodelay;
        self
    }

    /// Whether other processes and threads may listen on the same port and share its
    /// connections (`SO_REUSEPORT`): a server per core, or a new process beside the old one.
    /// Off unless switched on here, for it also hides that a port is taken by mistake. Has no
    /// effect where the operating system does not have it.
    pub fn reuse_port(mut self, reuse: bool) -> Self {
        self.reuse_port = reuse;
        self
    }

    /// Listens on this address, too. May be repeated; [`ServerBuilder::serve_all`] then serves.
    pub fn listen(mut self, address: impl ToSocketAddrs + fmt::Debug) -> Self {
        self.listen.push(Bind::tcp(address));
        self
    }

    /// Listens on a Unix socket at this path, too. A file that a server left behind which is
    /// gone is replaced; one that is in use, or is no socket, is an error.
    #[cfg(unix)]
    pub fn listen_unix(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.listen.push(Bind::Unix(path.into()));
        self
    }

    /// Takes connections from this listener, too: a socket that exists already, or a
    /// [`Listener`](super::Listener) of the user's own.
    pub fn listen_on(mut self, listener: impl IntoListener) -> Self {
        self.listen.push(Bind::ready(listener));
        self
    }

    /// Listens on `address` and serves until the process ends.
    ///
    /// # Errors
    /// When the address can't be listened on, a service was added twice, or the TLS settings
    /// can't be used.
    pub async fn serve(self, address: impl ToSocketAddrs + fmt::Debug) -> Result<(), ServeError> {
        self.listen(address).serve_all().await
    }

    /// Listens on `address` and serves until `shutdown` completes; [`shutdown_signal`] is one
    /// for Ctrl-C and SIGTERM.
    ///
    /// Then the listeners are closed, clients are told to go elsewhere, and the calls that were
    /// accepted are finished, streams included. What is left after
    /// [`Limits::drain_grace`] ends with UNAVAILABLE. The future ends when all is done.
    ///
    /// [`shutdown_signal`]: super::shutdown_signal
    ///
    /// # Errors
    /// As [`ServerBuilder::serve`].
    pub async fn serve_with_shutdown(
        self,
        address: impl ToSocketAddrs + fmt::Debug,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        self.listen(address).serve_all_with_shutdown(shutdown).await
    }

    /// Serves on a Unix socket at `path` until the process ends, as
    /// [`ServerBuilder::listen_unix`] makes it.
    ///
    /// # Errors
    /// As [`ServerBuilder::serve`].
    #[cfg(unix)]
    pub async fn serve_unix(self, path: impl Into<std::path::PathBuf>) -> Result<(), ServeError> {
        self.listen_unix(path).serve_all().await
    }

    /// Serves on a listener that exists already.
    ///
    /// # Errors
    /// As [`ServerBuilder::serve`].
    pub async fn serve_listener(self, listener: impl IntoListener) -> Result<(), ServeError> {
        self.listen_on(listener).serve_all().await
    }

    /// Serves on a listener that exists already until `shutdown` completes, as
    /// [`ServerBuilder::serve_with_shutdown`] does.
    ///
    /// # Errors
    /// As [`ServerBuilder::serve`].
    pub async fn serve_listener_with_shutdown(
        self,
        listener: impl IntoListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        self.listen_on(listener)
            .serve_all_with_shutdown(shutdown)
            .await
    }

    /// Serves on all that the `listen` methods named.
    ///
    /// # Errors
    /// As [`ServerBuilder::serve`], and when nothing was named.
    pub async fn serve_all(self) -> Result<(), ServeError> {
        self.serve_all_with_shutdown(pending()).await
    }

    /// Serves on all that the `listen` methods named until `shutdown` completes, as
    /// [`ServerBuilder::serve_with_shutdown`] does.
    ///
    /// # Errors
    /// As [`ServerBuilder::serve`], and when nothing was named.
    pub async fn serve_all_with_shutdown(
        self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        self.prepare()?.run(shutdown).await;
        Ok(())
    }

    /// Everything that can fail: after it the server listens.
    pub(crate) fn prepare(mut self) -> Result<Prepared, ServeError> {
        let security = self.security()?;
        #[cfg(feature = "http1")]
        let http1 = self.fallbacks.http.is_some();
        let exchange = Arc::new(self.front()?);
        if self.listen.is_empty() {
            return Err(ServeError::NoListener);
        }
        let listeners = self
            .listen
            .into_iter()
            .map(|bind| bind.listen(self.reuse_port))
            .collect::<Result<Vec<_>, _>>()?;
        let setup = Setup {
            limits: self.limits,
            tcp: self.tcp,
            security,
            exchange,
            #[cfg(feature = "http1")]
            http1,
        };
        Ok(Prepared { listeners, setup })
    }

    /// What answers requests, however they arrive.
    pub(super) fn front(&mut self) -> Result<Front, ServeError> {
        let router = Router::new(
            std::mem::take(&mut self.services),
            std::mem::take(&mut self.fallbacks),
            &self.limits,
            std::mem::take(&mut self.layers),
        )?;
        Ok(Front::new(router, &self.http_layers))
    }

    #[cfg(feature = "tls")]
    fn security(&self) -> Result<Security, ServeError> {
        match &self.tls {
            None => Ok(Security::Plaintext),
            Some(tls) => Ok(Security::Tls(tls.acceptor()?)),
        }
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unnecessary_wraps, reason = "TLS settings may be wrong")]
    fn security(&self) -> Result<Security, ServeError> {
        Ok(Security::Plaintext)
    }
}

/// A server that listens.
pub(crate) struct Prepared {
    listeners: Vec<Box<dyn Listener>>,
    setup: Setup<Front>,
}

impl Prepared {
    /// Serves until `shutdown` completes and what was accepted has ended.
    pub(crate) async fn run(self, shutdown: impl Future<Output = ()>) {
        let exchange = Arc::clone(&self.setup.exchange);
        let shutdown = async move {
            shutdown.await;
            // Health is told first, so that balancers hear of it before calls are refused.
            exchange.draining();
        };
        accept::run(self.listeners, self.setup, shutdown).await;
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services.iter().map(|s| s.spec().name()).collect();
        f.debug_struct("ServerBuilder")
            .field("services", &services)
            .finish_non_exhaustive()
    }
}
