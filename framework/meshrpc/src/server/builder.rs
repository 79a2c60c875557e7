//! How a server is set up and started.

use std::fmt;
use std::future::{Future, pending};
use std::net::ToSocketAddrs;
use std::sync::Arc;

use super::accept::{self, TcpSocket};
use super::error::ServeError;
use super::router::Router;
use super::service::Service;
use super::stack::Layers;
use crate::base::events::Sink;
use crate::base::{EventSink, Interceptor, Limits};

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
        }
    }
}

/// Sets up a [`Server`]; made by [`Server::builder`].
#[must_use = "a builder does nothing until one of its serve methods is awaited"]
pub struct ServerBuilder {
    services: Vec<Arc<dyn Service>>,
    limits: Limits,
    layers: Layers,
}

impl ServerBuilder {
    /// Serves a generated service.
    pub fn add_service(mut self, service: impl Service) -> Self {
        self.services.push(Arc::new(service));
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

    /// Listens on `address` and serves until the process ends.
    ///
    /// # Errors
    /// When the address can't be listened on, or a service was added twice.
    pub async fn serve(self, address: impl ToSocketAddrs + fmt::Debug) -> Result<(), ServeError> {
        self.serve_with_shutdown(address, pending()).await
    }

    /// Listens on `address` and serves until `shutdown` completes. Then no more calls are
    /// accepted, those under way are finished, and the future ends.
    ///
    /// # Errors
    /// When the address can't be listened on, or a service was added twice.
    pub async fn serve_with_shutdown(
        self,
        address: impl ToSocketAddrs + fmt::Debug,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let name = format!("{address:?}");
        let listener = accept::listen(address, &name)?;
        self.serve_listener_with_shutdown(listener, shutdown).await
    }

    /// Serves on a listener that exists already.
    ///
    /// # Errors
    /// When a service was added twice.
    pub async fn serve_listener(self, listener: TcpSocket) -> Result<(), ServeError> {
        self.serve_listener_with_shutdown(listener, pending()).await
    }

    /// Serves on a listener that exists already until `shutdown` completes, as
    /// [`ServerBuilder::serve_with_shutdown`] does.
    ///
    /// # Errors
    /// When a service was added twice.
    pub async fn serve_listener_with_shutdown(
        self,
        listener: TcpSocket,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let router = Arc::new(Router::new(self.services, &self.limits, self.layers)?);
        accept::run(listener, self.limits, router, shutdown).await;
        Ok(())
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
