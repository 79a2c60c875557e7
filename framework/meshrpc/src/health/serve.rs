//! The service itself.

use std::sync::Arc;

use super::watch::watch;
use super::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse, HealthReporter,
};
use crate::contracts::grpc::health::v1::health_service::{Health, HealthServer};
use crate::server::{Service, ServiceOptions};
use crate::{
    Call, CallFuture, CallRequest, Interceptor, Request, Response, Sender, ServiceSpec, Status,
};

/// Most services that `List` tells of (gRFC A90: more are RESOURCE_EXHAUSTED).
const MAX_LIST: usize = 100;

/// Longest request. A watcher's service name is kept for as long as it watches, so that its
/// length decides how much memory a peer can hold.
const MAX_REQUEST: usize = 4 * 1024;

/// Serves `grpc.health.v1.Health`; made by [`service`](super::service), given to
/// [`add_service`](crate::server::ServerBuilder::add_service).
#[derive(Debug, Clone)]
pub struct HealthService {
    server: HealthServer<Reported>,
    reporter: HealthReporter,
}

impl HealthService {
    pub(super) fn new(reporter: HealthReporter) -> Self {
        let reported = Arc::new(Reported(reporter.clone()));
        Self {
            server: HealthServer::from_arc(reported).max_receive_message_size(MAX_REQUEST),
            reporter,
        }
    }

    /// Puts an interceptor around the health service alone.
    #[must_use]
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.server = self.server.intercept(interceptor);
        self
    }
}

impl Call for HealthService {
    fn call(&self, request: CallRequest) -> CallFuture {
        self.server.call(request)
    }
}

impl Service for HealthService {
    fn spec(&self) -> &'static ServiceSpec {
        self.server.spec()
    }

    fn options(&self) -> &ServiceOptions {
        self.server.options()
    }

    fn handle(&self, request: CallRequest) -> CallFuture {
        self.server.handle(request)
    }

    fn draining(&self) {
        self.reporter.shutdown();
    }
}

/// The handlers.
#[derive(Debug)]
struct Reported(HealthReporter);

impl Health for Reported {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = request.into_inner().service;
        let Some(status) = self.0.get(&service) else {
            return Err(Status::not_found(format!(
                "the health of service {service:?} is not known here"
            )));
        };
        Ok(Response::new(HealthCheckResponse {
            status: status.into(),
        }))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let Some(statuses) = self.0.list(MAX_LIST) else {
            return Err(Status::resource_exhausted(format!(
                "more than {MAX_LIST} services are known here, which is more than a list tells \
                 of; check them by name"
            )));
        };
        let statuses = statuses.into_iter().map(|(service, status)| {
            let status = HealthCheckResponse {
                status: status.into(),
            };
            (service, status)
        });
        Ok(Response::new(HealthListResponse {
            statuses: statuses.collect(),
        }))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
        out: &mut Sender<HealthCheckResponse>,
    ) -> Result<(), Status> {
        watch(&self.0, &request.into_inner().service, out).await
    }
}
