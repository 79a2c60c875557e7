//! Which service answers a request.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use tonic::Status;

use super::admission::{Admission, Place};
use super::error::ServeError;
use super::service::{ServedServices, Service};
use super::stack::{self, Layers};
use crate::base::{CallRequest, CallSide, Event, Limits, MethodKind, MethodSpec, Peer, Spec};
use crate::protocol::grpc::server::{self as grpc, Framing, Handle, Serve};
use crate::protocol::{Body, Caught, HttpService};
use crate::transport::http2_server::Exchange;

/// The services of a server, by path.
pub(crate) struct Router {
    methods: HashMap<&'static str, (&'static MethodSpec, Arc<Route>)>,
    /// Services of which only the name is known: they answer whatever begins with it.
    mounted: HashMap<&'static str, Arc<Route>>,
    services: HashSet<&'static str>,
    all: Vec<Arc<dyn Service>>,
    /// What answers the calls that no service answers.
    fallback: Option<Arc<Route>>,
    /// What answers everything else.
    http: Option<HttpService>,
    layers: Arc<Layers>,
}

/// What a server does with requests that are for none of its services.
#[derive(Default)]
pub(crate) struct Fallbacks {
    pub(crate) call: Option<Arc<dyn Service>>,
    pub(crate) http: Option<HttpService>,
}

pub(crate) struct Route {
    layers: Arc<Layers>,
    service: Arc<dyn Service>,
    framing: Framing,
}

impl Route {
    fn new(service: &Arc<dyn Service>, limits: &Limits, layers: &Arc<Layers>) -> Arc<Self> {
        let options = service.options();
        let framing = Framing {
            max_receive_message: options
                .max_receive_message
                .unwrap_or(limits.max_receive_message),
            max_send_message: options.max_send_message.unwrap_or(limits.max_send_message),
            compress: options.compress,
        };
        Arc::new(Self {
            layers: Arc::clone(layers),
            service: Arc::clone(service),
            framing,
        })
    }
}

impl Router {
    pub(crate) fn new(
        services: Vec<Arc<dyn Service>>,
        fallbacks: Fallbacks,
        limits: &Limits,
        mut layers: Layers,
    ) -> Result<Self, ServeError> {
        layers.admission = Arc::new(Admission::new(limits));
        let layers = Arc::new(layers);
        let mut router = Self {
            methods: HashMap::new(),
            mounted: HashMap::new(),
            services: HashSet::new(),
            all: services,
            fallback: fallbacks
                .call
                .map(|service| Route::new(&service, limits, &layers)),
            http: fallbacks.http,
            layers,
        };
        for service in &router.all {
            let spec = service.spec();
            if !router.services.insert(spec.name()) {
                return Err(ServeError::DuplicateService {
                    name: spec.name().to_owned(),
                });
            }
            let route = Route::new(service, limits, &router.layers);
            for &spec in spec.methods() {
                let route = Arc::clone(&route);
                router.methods.insert(spec.path(), (spec, route));
            }
            if service.options().any_method {
                router.mounted.insert(spec.name(), route);
            }
        }
        let services: Vec<_> = router.all.iter().map(|service| service.spec()).collect();
        let served = ServedServices {
            services: &services,
        };
        router
            .all
            .iter()
            .for_each(|service| service.starting(&served));
        Ok(router)
    }

    /// Tells the services that the server is about to send its connections away.
    pub(crate) fn draining(&self) {
        self.all.iter().for_each(|service| service.draining());
    }

    /// Who answers a request.
    fn route(&self, request: Request<Body>, peer: &Arc<Peer>) -> Answer {
        if !grpc::is_grpc_request(&request) {
            return match &self.http {
                Some(http) => Answer::Http(Caught::answer(http, request)),
                None => Answer::Now(Some(grpc::not_grpc())),
            };
        }
        // The whole path has to match: a query would make two spellings of one method.
        let path = request
            .uri()
            .path_and_query()
            .map_or("", |path| path.as_str());
        let (spec, route): (Spec, _) = match self.methods.get(path) {
            Some((spec, route)) => ((*spec).into(), route),
            None => match self.unlisted(path) {
                Some(found) => found,
                None => return self.unclaimed(request),
            },
        };
        match grpc::begin(spec, request, peer, route.framing) {
            Ok(begun) => Answer::Grpc(Serve::new(begun, Arc::clone(route))),
            Err(status) => Answer::Now(Some(grpc::trailers_only(&status))),
        }
    }

    /// The route of a path that is in no contract: a mounted service's, or the catch-all's.
    fn unlisted(&self, path: &str) -> Option<(Spec, &Arc<Route>)> {
        if self.mounted.is_empty() && self.fallback.is_none() {
            return None;
        }
        // Of its kind nothing is known, and bidirectional calls are what all kinds look like.
        let spec = MethodSpec::new(path, MethodKind::BidiStreaming)?;
        let route = match self.mounted.get(spec.service()) {
            Some(route) => route,
            // A service of ours answers for itself, although it has no such method.
            None if self.services.contains(spec.service()) => return None,
            None => self.fallback.as_ref()?,
        };
        Some((spec.into(), route))
    }

    /// A gRPC request that no service answers.
    fn unclaimed(&self, request: Request<Body>) -> Answer {
        let status = self.unknown(request.uri().path());
        let is_ours =
            service_of(request.uri().path()).is_some_and(|service| self.services.contains(service));
        match &self.http {
            // Its own gRPC services (an axum router may have some), or a 404 that no gRPC client
            // should have to make sense of.
            Some(http) if !is_ours => Answer::Unclaimed(Caught::answer(http, request), status),
            _ => Answer::Now(Some(grpc::trailers_only(&status))),
        }
    }

    /// What a gRPC client hears about a path that nothing answers.
    fn unknown(&self, path: &str) -> Status {
        Status::unimplemented(match service_of(path) {
            Some(service) if self.services.contains(service) => {
                format!("server: service {service} has no method {path:?}")
            }
            _ => format!("server: no service answers {path:?}"),
        })
    }
}

fn service_of(path: &str) -> Option<&str> {
    let (service, _) = path.strip_prefix('/')?.split_once('/')?;
    Some(service)
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

/// The answer to a request.
#[allow(
    clippy::large_enum_variant,
    reason = "the large one is what nearly all are, and boxing it would cost every call"
)]
pub(crate) enum Answer {
    /// Known at once.
    Now(Option<Response<Body>>),
    /// By one of the services.
    Grpc(Serve<Arc<Route>>),
    /// By whatever is mounted beside them.
    Http(Caught),
    /// By that, although it is a gRPC request; a "not found" of its becomes this status.
    Unclaimed(Caught, Status),
}

impl Handle for Arc<Route> {
    type Answer = stack::Answer;

    type Place = Place;

    fn admit(&self) -> Result<Place, Status> {
        self.layers.admission.admit()
    }

    fn handle(&self, request: CallRequest, place: Place) -> stack::Answer {
        stack::call(&self.layers, &self.service, place, request)
    }
}

impl Exchange for Router {
    type Answer = Answer;

    fn exchange(&self, request: Request<Body>, peer: &Arc<Peer>) -> Answer {
        self.route(request, peer)
    }

    fn opened(&self, peer: &Peer) {
        self.layers.sink.tell(&Event::ConnectionOpened {
            side: CallSide::Server,
            peer: peer.remote_addr,
        });
    }

    fn closed(&self, peer: &Peer) {
        self.layers.sink.tell(&Event::ConnectionClosed {
            side: CallSide::Server,
            peer: peer.remote_addr,
        });
    }

    fn refuse(&self, status: &Status) -> Response<Body> {
        grpc::trailers_only(status)
    }
}

impl Future for Answer {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        match &mut *self {
            Self::Now(response) => Poll::Ready(response.take().unwrap_or_default()),
            Self::Grpc(serve) => Pin::new(serve).poll(cx),
            Self::Http(answer) => Pin::new(answer).poll(cx),
            Self::Unclaimed(answer, status) => {
                let response = ready!(Pin::new(answer).poll(cx));
                Poll::Ready(match response.status() {
                    StatusCode::NOT_FOUND => grpc::trailers_only(status),
                    _ => response,
                })
            }
        }
    }
}
