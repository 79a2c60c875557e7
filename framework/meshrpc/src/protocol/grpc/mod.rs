//! gRPC over HTTP/2 (PROTOCOL-HTTP2).

pub(crate) mod client;
mod http_status;
mod incoming;
mod metadata;
mod outgoing;
mod percent;
pub(crate) mod server;
mod status;
mod timeout;

use std::time::Duration;

use http::{HeaderName, HeaderValue};

/// Reads a `grpc-timeout` that tonic left in a request's metadata.
pub(crate) fn parse_timeout(value: &[u8]) -> Result<Duration, timeout::InvalidTimeout> {
    match HeaderValue::from_bytes(value) {
        Ok(value) => timeout::parse(&value),
        Err(_) => timeout::parse(&HeaderValue::from_static("(not a header value)")),
    }
}

static TE: HeaderName = http::header::TE;
static CONTENT_TYPE: HeaderName = http::header::CONTENT_TYPE;
static GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
static GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

const APPLICATION_GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// Whether `content_type` is gRPC with protobuf messages: `application/grpc`, alone or with
/// `+proto`, with or without parameters.
fn is_grpc(content_type: &HeaderValue) -> bool {
    let bytes = content_type.as_bytes();
    if bytes == b"application/grpc" {
        return true;
    }
    let Some(rest) = bytes.strip_prefix(b"application/grpc") else {
        return false;
    };
    let rest = rest.strip_prefix(b"+proto").unwrap_or(rest);
    rest.is_empty() || rest.starts_with(b";") || rest.starts_with(b" ")
}

/// Messages shorter than this are not compressed, even on a call that compresses.
const COMPRESS_MIN_SIZE: usize = 256;
