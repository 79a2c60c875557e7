//! Which service answers a request.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;

use super::admission::Admission;
use super::error::ServeError;
use super::service::{ServedServices, Service};
use super::stack::{self, Layers};
use crate::base::{CallRequest, Limits, MethodSpec, Peer};
use crate::protocol::Body;
use crate::protocol::grpc::server::{self as grpc, Begun, Framing, Handle, Serve};
use crate::transport::http2_server::Exchange;

/// The services of a server, by path.
pub(crate) struct Router {
    methods: HashMap<&'static str, Arc<Route>>,
    services: HashSet<&'static str>,
    all: Vec<Arc<dyn Service>>,
    layers: Arc<Layers>,
}

pub(crate) struct Route {
    layers: Arc<Layers>,
    service: Arc<dyn Service>,
    spec: &'static MethodSpec,
    framing: Framing,
}

impl Router {
    pub(crate) fn new(
        services: Vec<Arc<dyn Service>>,
        limits: &Limits,
        mut layers: Layers,
    ) -> Result<Self, ServeError> {
        layers.admission = Arc::new(Admission::new(limits));
        let mut router = Self {
            methods: HashMap::new(),
            services: HashSet::new(),
            all: services,
            layers: Arc::new(layers),
        };
        for service in &router.all {
            let spec = service.spec();
            if !router.services.insert(spec.name()) {
                return Err(ServeError::DuplicateService {
                    name: spec.name().to_owned(),
                });
            }
            let options = service.options();
            let framing = Framing {
                max_receive_message: options
                    .max_receive_message
                    .unwrap_or(limits.max_receive_message),
                max_send_message: options.max_send_message.unwrap_or(limits.max_send_message),
                compress: options.compress,
            };
            for &spec in spec.methods() {
                let route = Route {
                    layers: Arc::clone(&router.layers),
                    service: Arc::clone(service),
                    spec,
                    framing,
                };
                router.methods.insert(spec.path(), Arc::new(route));
            }
        }
        let described: Vec<_> = router.all.iter().map(|service| service.spec()).collect();
        let served = ServedServices {
            described: &described,
            mounted: &[],
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

    /// The method that a request is for, and the request with its head read.
    fn route(
        &self,
        request: Request<Body>,
        peer: &Arc<Peer>,
    ) -> Result<(Begun, &Arc<Route>), Response<Body>> {
        if !grpc::is_grpc_request(&request) {
            return Err(grpc::not_grpc());
        }
        // The whole path has to match: a query would make two spellings of one method.
        let path = request
            .uri()
            .path_and_query()
            .map_or("", |path| path.as_str());
        let Some(route) = self.methods.get(path) else {
            return Err(grpc::trailers_only(&self.unknown(path)));
        };
        grpc::begin(route.spec.into(), request, peer, route.framing)
            .map(|begun| (begun, route))
            .map_err(|status| grpc::trailers_only(&status))
    }

    /// What a gRPC client hears about a path that nothing answers.
    fn unknown(&self, path: &str) -> Status {
        let service = path
            .strip_prefix('/')
            .and_then(|path| path.split_once('/'))
            .map(|(service, _)| service);
        Status::unimplemented(match service {
            Some(service) if self.services.contains(service) => {
                format!("server: service {service} has no method {path:?}")
            }
            _ => format!("server: no service answers {path:?}"),
        })
    }
}

/// The answer to a request.
pub(crate) enum Answer {
    /// Known at once.
    Now(Option<Response<Body>>),
    /// By one of the services.
    Grpc(Serve<Arc<Route>>),
}

impl Handle for Arc<Route> {
    type Answer = stack::Answer;

    fn handle(&self, request: CallRequest) -> stack::Answer {
        stack::call(&self.layers, &self.service, request)
    }
}

impl Exchange for Router {
    type Answer = Answer;

    fn exchange(&self, request: Request<Body>, peer: &Arc<Peer>) -> Answer {
        match self.route(request, peer) {
            Err(response) => Answer::Now(Some(response)),
            Ok((begun, route)) => Answer::Grpc(Serve::new(begun, Arc::clone(route))),
        }
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
        }
    }
}
