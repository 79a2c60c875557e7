//! Which service answers a request.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::{Request, Response};
use tonic::Status;

use super::error::ServeError;
use super::service::Service;
use super::stack::{self, Layers};
use crate::base::{Limits, MethodSpec, Peer};
use crate::protocol::Body;
use crate::protocol::grpc::server::{self as grpc, Framing};
use crate::transport::http2_server::Exchange;

/// The services of a server, by path.
pub(crate) struct Router {
    methods: HashMap<&'static str, Route>,
    services: HashSet<&'static str>,
    layers: Layers,
}

struct Route {
    service: Arc<dyn Service>,
    spec: &'static MethodSpec,
    framing: Framing,
}

impl Router {
    pub(crate) fn new(
        services: Vec<Arc<dyn Service>>,
        limits: &Limits,
        layers: Layers,
    ) -> Result<Self, ServeError> {
        let mut router = Self {
            methods: HashMap::new(),
            services: HashSet::new(),
            layers,
        };
        for service in services {
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
                    service: Arc::clone(&service),
                    spec,
                    framing,
                };
                router.methods.insert(spec.path(), route);
            }
        }
        Ok(router)
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

impl Exchange for Router {
    async fn exchange(&self, request: Request<Body>, peer: &Arc<Peer>) -> Response<Body> {
        if !grpc::is_grpc_request(&request) {
            return grpc::not_grpc();
        }
        // The whole path has to match: a query would make two spellings of one method.
        let path = request
            .uri()
            .path_and_query()
            .map_or("", |path| path.as_str());
        let Some(route) = self.methods.get(path) else {
            return grpc::trailers_only(&self.unknown(path));
        };
        grpc::serve(route.spec.into(), request, peer, route.framing, |request| {
            stack::call(&self.layers, &*route.service, request)
        })
        .await
    }

    fn refuse(&self, status: &Status) -> Response<Body> {
        grpc::trailers_only(status)
    }
}
