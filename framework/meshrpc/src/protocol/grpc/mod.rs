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

/// Whether a metadata key is the protocol's own.
pub(crate) fn is_reserved(key: &str) -> bool {
    HeaderName::from_bytes(key.as_bytes()).is_ok_and(|name| metadata::is_reserved(&name))
}

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
/// `+proto`, in any case (RFC 9110, 8.3.1), with or without parameters.
fn is_grpc(content_type: &HeaderValue) -> bool {
    let bytes = content_type.as_bytes();
    if bytes == b"application/grpc" {
        return true;
    }
    let Some(rest) = strip_prefix(bytes, b"application/grpc") else {
        return false;
    };
    let rest = strip_prefix(rest, b"+proto").unwrap_or(rest);
    rest.is_empty() || rest.starts_with(b";") || rest.starts_with(b" ")
}

fn strip_prefix<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Messages shorter than this are not compressed, even on a call that compresses.
const COMPRESS_MIN_SIZE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_is_read_in_any_case_and_with_parameters() {
        let is = |text| is_grpc(&HeaderValue::from_static(text));
        for yes in [
            "application/grpc",
            "application/grpc+proto",
            "Application/gRPC+Proto",
            "application/grpc;a=b",
            "application/grpc+proto ; a=b",
        ] {
            assert!(is(yes), "{yes}");
        }
        for no in [
            "",
            "application",
            "application/grpcx",
            "application/grpc+",
            "application/grpc+json",
            "application/grpc+protox",
            "application/grpc-web",
        ] {
            assert!(!is(no), "{no}");
        }
    }
}
