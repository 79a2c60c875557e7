//! Our services behind another server: tonic's, an axum router, anything that takes a tower
//! service.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tonic::server::NamedService;
use tower_service::Service as TowerService;

use super::builder::ServerBuilder;
use super::error::ServeError;
use super::front::Front;
use super::service::{Described, Dispatch, ServiceServer};
use crate::base::Peer;
use crate::protocol::{Answering, Body, BodyError};
use crate::transport::http2_server::Exchange;

/// A generated service as a tower service over HTTP, made by
/// [`ServiceServer::into_http`]. It answers gRPC requests whose path begins with its name.
pub struct HttpServer<D = ()> {
    front: Arc<Front>,
    described: PhantomData<fn() -> D>,
}

impl<T, D> ServiceServer<T, D>
where
    T: Send + Sync + 'static,
    D: Dispatch<T>,
{
    /// The service as a tower service: for `tonic::transport::Server::add_service`, an axum
    /// router's `route_service("/package.Service/{*method}", ..)`, or a server of one's own.
    ///
    /// Deadline, limits, interceptors, context, panics and tracing hold as they do on a
    /// [`Server`](super::Server): they belong to the service. What belongs to connections
    /// (keepalive, drain, TLS) is the other server's.
    ///
    /// # Panics
    /// Never: the only service of a server can't be there twice.
    #[must_use]
    pub fn into_http(self) -> HttpServer<D> {
        let server = super::Server::builder().add_service(self).into_http();
        let HttpServer { front, .. } = server.expect("one service can't have the name of another");
        HttpServer {
            front,
            described: PhantomData,
        }
    }
}

impl ServerBuilder {
    /// All that was added, with its layers, as one tower service; the listeners are somebody
    /// else's.
    ///
    /// # Errors
    /// When a service was added twice.
    pub fn into_http(mut self) -> Result<HttpServer, ServeError> {
        Ok(HttpServer {
            front: Arc::new(self.front()?),
            described: PhantomData,
        })
    }
}

impl<D: Described> NamedService for HttpServer<D> {
    const NAME: &'static str = D::NAME;
}

impl<D, B> TowerService<Request<B>> for HttpServer<D>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let request = request.map(Body::wrap);
        let peer = Arc::new(peer(&request));
        Answering(Box::pin(self.front.exchange(request, &peer)))
    }
}

/// What the other server told about its connection.
fn peer<B>(request: &Request<B>) -> Peer {
    if let Some(peer) = request.extensions().get::<Peer>() {
        return peer.clone();
    }
    #[cfg_attr(
        not(feature = "tonic-compat"),
        expect(unused_mut, reason = "filled from tonic")
    )]
    let mut peer = Peer::default();
    #[cfg(feature = "tonic-compat")]
    if let Some(info) = request
        .extensions()
        .get::<tonic::transport::server::TcpConnectInfo>()
    {
        peer.remote_addr = info.remote_addr;
        peer.local_addr = info.local_addr;
    }
    peer
}

impl<D> Clone for HttpServer<D> {
    fn clone(&self) -> Self {
        Self {
            front: Arc::clone(&self.front),
            described: PhantomData,
        }
    }
}

impl<D> fmt::Debug for HttpServer<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpServer").field(&self.front).finish()
    }
}
