//! Foreign services behind our server: tonic's, or whatever else tower calls a service.

use std::fmt;
use std::sync::Arc;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, Uri, header};
use tonic::Status;
use tonic::server::NamedService;
use tower_service::Service as TowerService;

use super::service::{Service, ServiceOptions};
use crate::base::{
    Call, CallFuture, CallRequest, CallResponse, Interceptor, Limits, Peer, ServiceSpec,
};
use crate::codec::Encoding;
use crate::codec::envelope::Side;
use crate::protocol::grpc::client::{self as grpc, Identity};
use crate::protocol::{Body, BodyError, BoxError, HttpService};

/// A service that another framework generated, with options;
/// [`ServerBuilder::mount`](super::ServerBuilder::mount) is the short way, this is the one for
/// options.
///
/// Everything that a server puts around its services holds for it, too: deadline, limits,
/// interceptors, context, tracing. Messages are neither parsed nor copied on the way. Compression
/// is the server's: requests arrive decompressed, and whether responses are compressed is said
/// here, not on the foreign service.
///
/// ```
/// # use meshrpc::Server;
/// # use meshrpc::server::Mounted;
/// # fn mount<S>(tonic_service: S) -> meshrpc::server::ServerBuilder
/// # where
/// #     S: tower_service::Service<
/// #         http::Request<meshrpc::Body>,
/// #         Response = http::Response<meshrpc::Body>,
/// #         Error = std::convert::Infallible,
/// #     > + tonic::server::NamedService + Clone + Send + Sync + 'static,
/// #     S::Future: Send,
/// # {
/// Server::builder().add_service(Mounted::new(tonic_service).max_receive_message_size(64 * 1024))
/// # }
/// ```
#[derive(Clone)]
pub struct Mounted {
    http: HttpService,
    spec: &'static ServiceSpec,
    options: ServiceOptions,
}

/// The spec of a service of which only the name is known.
struct Nameless<S>(S);

impl<S: NamedService> Nameless<S> {
    const SPEC: &'static ServiceSpec = &ServiceSpec::from_static(S::NAME, &[], &[]);
}

impl Mounted {
    /// Serves `service` under its name.
    pub fn new<S, B>(service: S) -> Self
    where
        S: TowerService<Request<Body>, Response = Response<B>>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        Self {
            http: HttpService::new(service, Side::Server),
            spec: Nameless::<S>::SPEC,
            options: ServiceOptions {
                any_method: true,
                ..ServiceOptions::default()
            },
        }
    }

    /// Accepts request messages of up to `bytes`, counted after decompression, as far as the
    /// service itself does.
    #[must_use]
    pub fn max_receive_message_size(mut self, bytes: usize) -> Self {
        self.options.max_receive_message = Some(bytes);
        self
    }

    /// Sends response messages of up to `bytes`, counted before compression.
    #[must_use]
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.options.max_send_message = Some(bytes);
        self
    }

    /// Compresses responses for callers that accept this encoding. Off unless set.
    #[must_use]
    pub fn send_compressed(mut self, encoding: Encoding) -> Self {
        self.options.compress = Some(encoding);
        self
    }

    /// Puts an interceptor around the service, inside of the server's own.
    #[must_use]
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.options.interceptors.push(interceptor);
        self
    }
}

impl Call for Mounted {
    fn call(&self, request: CallRequest) -> CallFuture {
        let http = self.http.clone();
        Box::pin(async move { exchange(http, request).await })
    }
}

/// The call as an HTTP exchange within the process, by the same code that speaks to a socket.
async fn exchange(http: HttpService, mut call: CallRequest) -> Result<CallResponse, Status> {
    let kind = call.spec.kind();
    let user_agent = call.metadata.as_ref().get(header::USER_AGENT).cloned();
    let identity = Identity {
        scheme: Scheme::HTTP,
        authority: Authority::from_static("localhost"),
        user_agent: user_agent.unwrap_or(HeaderValue::from_static("")),
    };
    let context = call.context.clone();
    let extensions = std::mem::take(&mut call.extensions);
    let (head, body) = grpc::split(call, &UNBOUNDED)?;
    let mut request = grpc::head(&identity, &head)?.map(|()| body);
    // In here nothing is compressed: it would only be undone at once.
    request.headers_mut().remove("grpc-accept-encoding");
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    *request.extensions_mut() = extensions;
    if let Some(peer) = context.peer() {
        tell_peer(&mut request, peer);
    }
    request.extensions_mut().insert(context);
    grpc::response(kind, http.answer(request).await, &UNBOUNDED).await
}

/// What crosses no wire needs no bound of its own: the server's stand around it.
const UNBOUNDED: Limits = Limits {
    max_receive_message: u32::MAX as usize,
    max_send_message: u32::MAX as usize,
    ..Limits::DEFAULT
};

/// Fills what `tonic::Request::remote_addr` and `local_addr` read.
#[cfg(feature = "tonic-compat")]
fn tell_peer<B>(request: &mut Request<B>, peer: &Peer) {
    if peer.remote_addr.is_some() || peer.local_addr.is_some() {
        let info = tonic::transport::server::TcpConnectInfo {
            local_addr: peer.local_addr,
            remote_addr: peer.remote_addr,
        };
        request.extensions_mut().insert(info);
    }
}

#[cfg(not(feature = "tonic-compat"))]
fn tell_peer<B>(_: &mut Request<B>, _: &Peer) {}

impl Service for Mounted {
    fn spec(&self) -> &'static ServiceSpec {
        self.spec
    }

    fn options(&self) -> &ServiceOptions {
        &self.options
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mounted")
            .field("name", &self.spec.name())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A user's catch-all: calls of every method that no service has.
pub(super) struct CatchAll {
    call: Arc<dyn Call>,
    options: ServiceOptions,
}

impl CatchAll {
    pub(super) fn new(call: impl Call) -> Self {
        Self {
            call: Arc::new(call),
            options: ServiceOptions::default(),
        }
    }
}

impl Call for CatchAll {
    fn call(&self, request: CallRequest) -> CallFuture {
        self.call.call(request)
    }
}

impl Service for CatchAll {
    fn spec(&self) -> &'static ServiceSpec {
        const { &ServiceSpec::from_static("", &[], &[]) }
    }

    fn options(&self) -> &ServiceOptions {
        &self.options
    }
}
