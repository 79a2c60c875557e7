//! What h2 reports, as a gRPC status (PROTOCOL-HTTP2, *Errors*), and whether the peer can
//! have seen the call.
//!
//! The second matters as much as the first: a call that certainly reached no handler may be
//! repeated whatever the method does (A6, transparent retries), one that may have reached
//! one must not.

use std::sync::Arc;

use h2::Reason;
use tonic::{Code, Status};

/// Whether a handler can have seen a call that failed in the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Processed {
    /// Certainly not: it never left.
    Unsent,
    /// Certainly not: the peer said so. Safe to send again, elsewhere.
    Refused,
    /// Nobody knows.
    Maybe,
}

/// The gRPC code of an HTTP/2 error code.
///
/// Codes that the table does not have are INTERNAL_ERROR to HTTP/2 (RFC 9113, 7), thus
/// INTERNAL, as in gRPC's C core and Java. FLOW_CONTROL_ERROR is INTERNAL too, where Go has
/// RESOURCE_EXHAUSTED.
pub(crate) fn code_from_reason(reason: Reason) -> Code {
    match reason {
        Reason::REFUSED_STREAM => Code::Unavailable,
        Reason::CANCEL => Code::Cancelled,
        Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        _ => Code::Internal,
    }
}

/// Whether the peer vouches that it did not process the stream that failed with `error`.
pub(crate) fn processed(error: &h2::Error) -> Processed {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    // h2 gives a received GOAWAY as the error of exactly those streams that are above the
    // GOAWAY's last id, and of streams that it never opened because of it; all others go
    // on, and end with an IO error if the connection breaks under them.
    if error.is_remote() && (refused || error.is_go_away()) {
        Processed::Refused
    } else {
        Processed::Maybe
    }
}

/// The status of a stream that h2 ended with `error`, which becomes its source.
pub(crate) fn status_from_h2(error: h2::Error) -> Status {
    let (code, message) = describe(&error);
    let mut status = Status::new(code, message);
    status.set_source(Arc::new(error));
    status
}

fn describe(error: &h2::Error) -> (Code, String) {
    if let Some(io) = error.get_io() {
        return (Code::Unavailable, format!("the connection broke: {io}"));
    }
    let Some(reason) = error.reason() else {
        return (
            Code::Internal,
            format!("HTTP/2 refused what this side wanted to send: {error}"),
        );
    };
    let code = code_from_reason(reason);
    if error.is_go_away() {
        return if error.is_remote() {
            // h2 shows a GOAWAY's debug data, such as too_many_pings, only in its text.
            (
                Code::Unavailable,
                format!("the peer closes the connection (GOAWAY {reason:?}): {error}"),
            )
        } else if error.is_library() && reason != Reason::NO_ERROR {
            (
                code,
                format!(
                    "the peer broke the HTTP/2 protocol ({reason:?}), connection closed: {error}"
                ),
            )
        } else {
            (
                Code::Unavailable,
                format!("this side closed the connection (GOAWAY {reason:?})"),
            )
        };
    }
    let what = if error.is_remote() {
        "the peer reset the stream"
    } else if error.is_library() {
        "the stream was reset here because of what the peer sent"
    } else {
        "this side reset the stream"
    };
    (
        code,
        format!("{what} (RST_STREAM {reason:?}): {}", reason.description()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_map_as_the_standard_says() {
        for (reason, code) in [
            (Reason::NO_ERROR, Code::Internal),
            (Reason::PROTOCOL_ERROR, Code::Internal),
            (Reason::INTERNAL_ERROR, Code::Internal),
            (Reason::FLOW_CONTROL_ERROR, Code::Internal),
            (Reason::SETTINGS_TIMEOUT, Code::Internal),
            (Reason::FRAME_SIZE_ERROR, Code::Internal),
            (Reason::REFUSED_STREAM, Code::Unavailable),
            (Reason::CANCEL, Code::Cancelled),
            (Reason::COMPRESSION_ERROR, Code::Internal),
            (Reason::CONNECT_ERROR, Code::Internal),
            (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
            (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
            (Reason::from(0x9999), Code::Internal),
        ] {
            assert_eq!(code_from_reason(reason), code, "{reason:?}");
        }
    }

    #[test]
    fn a_bare_reason_is_named_and_kept_as_the_source() {
        let status = status_from_h2(h2::Error::from(Reason::CANCEL));
        assert_eq!(status.code(), Code::Cancelled);
        assert!(status.message().contains("CANCEL"), "{status}");
        let source = std::error::Error::source(&status).expect("a source");
        assert!(source.is::<h2::Error>());
    }

    #[test]
    fn an_error_of_our_own_vouches_for_nothing() {
        let error = h2::Error::from(Reason::REFUSED_STREAM);
        assert_eq!(processed(&error), Processed::Maybe);
    }

    /// What the server does to a client's only stream.
    enum Blow {
        Reset(Reason),
        GoAway(Reason),
        Hangup,
    }

    /// The error that a client's stream ends with when the server deals it a `blow`.
    async fn error_after(blow: Blow) -> h2::Error {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let server = async move {
            let mut server = h2::server::handshake(theirs).await.unwrap();
            let (_request, mut respond) = server.accept().await.unwrap().unwrap();
            match blow {
                Blow::Reset(reason) => respond.send_reset(reason),
                Blow::GoAway(reason) => server.abrupt_shutdown(reason),
                Blow::Hangup => return,
            }
            while server.accept().await.is_some() {}
        };
        let client = async move {
            let (mut send, connection) = h2::client::handshake(ours).await.unwrap();
            let request = http::Request::post("http://localhost/a.B/C")
                .body(())
                .unwrap();
            let (response, _body) = send.send_request(request, false).unwrap();
            crate::base::rt::spawn(connection);
            response.await.expect_err("the server never answers")
        };
        tokio::join!(server, client).1
    }

    #[tokio::test]
    async fn a_refused_stream_was_not_processed_and_any_other_reset_may_have_been() {
        let error = error_after(Blow::Reset(Reason::REFUSED_STREAM)).await;
        assert_eq!(processed(&error), Processed::Refused);
        let status = status_from_h2(error);
        assert_eq!(status.code(), Code::Unavailable);
        assert!(
            status.message().starts_with("the peer reset the stream"),
            "{status}"
        );

        let error = error_after(Blow::Reset(Reason::CANCEL)).await;
        assert_eq!(processed(&error), Processed::Maybe);
        assert_eq!(status_from_h2(error).code(), Code::Cancelled);
    }

    #[tokio::test]
    async fn a_connection_that_ends_leaves_calls_unavailable_and_maybe_processed() {
        // The server accepted the stream, so its GOAWAY does not disown it.
        for blow in [Blow::GoAway(Reason::ENHANCE_YOUR_CALM), Blow::Hangup] {
            let error = error_after(blow).await;
            assert_eq!(processed(&error), Processed::Maybe, "{error}");
            let status = status_from_h2(error);
            assert_eq!(status.code(), Code::Unavailable, "{status}");
            assert!(
                status.message().starts_with("the connection broke"),
                "{status}"
            );
        }
    }

    /// The error that a client's stream ends with when a server, by hand, answers its request
    /// with `frame`. h2 itself never disowns what it has read, nor breaks the protocol.
    async fn error_after_frame(frame: &[u8]) -> h2::Error {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let server = async move {
            let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            theirs.write_all(&settings).await.unwrap();
            let mut got = [0u8; 1024];
            let mut all = Vec::new();
            // HEADERS of stream 1: type 1, then flags, then the id.
            let is_headers = |w: &[u8]| w[0] == 1 && w[2..] == [0, 0, 0, 1];
            while !all.windows(6).any(is_headers) {
                let n = theirs.read(&mut got).await.unwrap();
                assert_ne!(n, 0, "the client never sent its request");
                all.extend_from_slice(&got[..n]);
            }
            theirs.write_all(frame).await.unwrap();
            // Stay, so that the frame alone is what ends the stream.
            while theirs.read(&mut got).await.is_ok_and(|n| n > 0) {}
        };
        let client = async move {
            let (mut send, connection) = h2::client::handshake(ours).await.unwrap();
            let request = http::Request::post("http://localhost/a.B/C")
                .body(())
                .unwrap();
            let (response, _body) = send.send_request(request, false).unwrap();
            crate::base::rt::spawn(connection);
            response.await.expect_err("the server never answers")
        };
        tokio::join!(server, client).1
    }

    #[tokio::test]
    async fn a_goaway_disowns_the_streams_it_does_not_cover() {
        // GOAWAY with last id 0, ENHANCE_YOUR_CALM and debug data.
        let mut goaway = vec![0, 0, 22, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
        goaway.extend_from_slice(b"too_many_pings");
        let error = error_after_frame(&goaway).await;
        assert_eq!(processed(&error), Processed::Refused);
        let status = status_from_h2(error);
        assert_eq!(status.code(), Code::Unavailable);
        assert!(
            status.message().contains("GOAWAY ENHANCE_YOUR_CALM"),
            "{status}"
        );
        assert!(status.message().contains("too_many_pings"), "{status}");
    }

    #[tokio::test]
    async fn a_peer_that_breaks_the_protocol_is_named_and_vouches_for_nothing() {
        // DATA on stream 0.
        let error = error_after_frame(&[0, 0, 0, 0, 0, 0, 0, 0, 0]).await;
        assert_eq!(processed(&error), Processed::Maybe);
        let status = status_from_h2(error);
        assert_eq!(status.code(), Code::Internal);
        assert!(
            status
                .message()
                .contains("the peer broke the HTTP/2 protocol"),
            "{status}"
        );
    }
}
