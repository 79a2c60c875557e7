//! What an HTTP status means when no `grpc-status` came (`http-grpc-status-mapping.md`).
//!
//! Proxies, load balancers and web servers answer in HTTP only. The code is the standard's;
//! the message has to say what is likely wrong, because this is what people see who typed
//! the wrong port.

use http::{HeaderValue, StatusCode};
use tonic::{Code, Status};

use super::is_grpc;

/// The gRPC code for an HTTP status, to be used only where `grpc-status` is absent.
///
/// 431 is not in the table: the mapping document once had it as INTERNAL, the conformance
/// suite and grpc-go say UNKNOWN.
pub(crate) fn code_from_http(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// The status of a call whose response ended without a `grpc-status`.
///
/// `content_type` is the response's, which tells a gRPC peer whose trailers got lost from
/// something that never spoke gRPC.
pub(crate) fn without_grpc_status(
    status: StatusCode,
    content_type: Option<&HeaderValue>,
) -> Status {
    let code = code_from_http(status);
    if status == StatusCode::OK && content_type.is_some_and(is_grpc) {
        return Status::new(
            code,
            "the peer ended the call without grpc-status: did a proxy on the way drop the \
             HTTP/2 trailers?",
        );
    }
    let content_type = match content_type {
        Some(value) => {
            let shown = &value.as_bytes()[..value.len().min(80)];
            format!("content-type {}", shown.escape_ascii())
        }
        None => "no content-type".to_owned(),
    };
    let remedy = match status.as_u16() {
        401 | 403 => "are the credentials right for this server?",
        429 => "it asks for fewer calls",
        431 => {
            "the call's metadata is over its header limit \
             (Limits::max_header_list, if it is a meshrpc server)"
        }
        502..=504 => "a proxy seems unable to reach the server behind it",
        _ => "is it a gRPC server?",
    };
    Status::new(
        code,
        format!("the peer answered HTTP {status} with {content_type} and no grpc-status: {remedy}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_statuses_map_as_the_standard_says() {
        for (http, code) in [
            (200, Code::Unknown),
            (204, Code::Unknown),
            (302, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (409, Code::Unknown),
            (415, Code::Unknown),
            (429, Code::Unavailable),
            (431, Code::Unknown),
            (500, Code::Unknown),
            (501, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
        ] {
            let status = StatusCode::from_u16(http).unwrap();
            assert_eq!(code_from_http(status), code, "{http}");
        }
    }

    #[test]
    fn the_message_says_what_answered_and_what_to_look_at() {
        let html = HeaderValue::from_static("text/html");
        let status = without_grpc_status(StatusCode::NOT_FOUND, Some(&html));
        assert_eq!(
            status.message(),
            "the peer answered HTTP 404 Not Found with content-type text/html and no \
             grpc-status: is it a gRPC server?"
        );
        let status = without_grpc_status(StatusCode::BAD_GATEWAY, None);
        assert!(status.message().contains("no content-type"), "{status}");
        assert!(status.message().contains("proxy"), "{status}");

        let grpc = HeaderValue::from_static("application/grpc+proto");
        let status = without_grpc_status(StatusCode::OK, Some(&grpc));
        assert!(status.message().contains("trailers"), "{status}");
        let status = without_grpc_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Some(&html));
        assert!(status.message().contains("max_header_list"), "{status}");
        // No trailers got lost here: it is another protocol.
        let json = HeaderValue::from_static("application/grpc+json");
        for other in [&html, &json] {
            let status = without_grpc_status(StatusCode::OK, Some(other));
            assert!(
                status.message().contains("is it a gRPC server?"),
                "{status}"
            );
        }
        let status = without_grpc_status(StatusCode::OK, Some(&html));
        assert!(
            status.message().contains("is it a gRPC server?"),
            "{status}"
        );
    }
}
