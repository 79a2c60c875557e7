//! The standard health service, `grpc.health.v1`: what load balancers and orchestrators ask
//! whether a server wants calls.
//!
//! ```
//! # use meshrpc::Server;
//! let (health, service) = meshrpc::health::service();
//! let server = Server::builder().add_service(service);
//!
//! // Later, from anywhere, as things change:
//! health.set_serving("storefront.orders.v1.OrderService");
//! health.set_not_serving("storefront.catalog.v1.CatalogService");
//! ```
//!
//! The empty name stands for the server as a whole. It is serving from the start; everything else
//! is unknown until it is set. When the server is told to shut down, every watcher hears
//! NOT_SERVING before its stream ends, so that a balancer stops sending before calls are refused.

mod reporter;
mod serve;
mod watch;

pub use crate::contracts::grpc::health::v1::health_check_response::ServingStatus;
#[cfg(feature = "client")]
pub use crate::contracts::grpc::health::v1::health_service::HealthClient;
pub use crate::contracts::grpc::health::v1::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
pub use reporter::HealthReporter;
pub use serve::HealthService;

/// The health service, and the handle that sets what it reports.
pub fn service() -> (HealthReporter, HealthService) {
    let reporter = HealthReporter::default();
    let service = HealthService::new(reporter.clone());
    (reporter, service)
}
