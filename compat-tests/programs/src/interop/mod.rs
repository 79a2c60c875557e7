//! gRPC's interoperability tests: the service and the client's cases.

pub mod cases;
pub mod service;
pub mod tls;

use crate::contracts::grpc::testing::{Payload, PayloadType};

/// The metadata that a server sends back with the headers.
pub const INITIAL_KEY: &str = "x-grpc-test-echo-initial";
/// The metadata that a server sends back with the trailers.
pub const TRAILING_KEY: &str = "x-grpc-test-echo-trailing-bin";

/// A payload of `size` zeros.
fn zeros(size: usize) -> Payload {
    Payload {
        r#type: PayloadType::Compressable.into(),
        body: vec![0; size],
    }
}
