//! Why a request got no response, and whether the peer may have seen it.

use std::fmt;

use tonic::Status;

use super::h2_errors::{self, Processed};
use crate::protocol::{BodyError, body_error_to_status};

/// A request that got no response.
#[derive(Debug)]
pub(crate) struct TransportError {
    pub(crate) status: Status,
    pub(crate) processed: Processed,
}

impl TransportError {
    /// The request was not accepted for sending: the connection is of no more use, or the
    /// request is of none.
    pub(crate) fn unsent(error: h2::Error) -> Self {
        let lost = error.get_io().is_some() || error.is_go_away() || error.is_reset();
        Self {
            status: h2_errors::status_from_h2(error),
            processed: if lost {
                Processed::Unsent
            } else {
                Processed::Maybe
            },
        }
    }

    /// The server left before HTTP/2 began.
    pub(crate) fn no_greeting() -> Self {
        Self {
            status: Status::unavailable(
                "the server closed the connection before HTTP/2 began; is it a gRPC server?",
            ),
            processed: Processed::Unsent,
        }
    }

    /// The request left, at least in part.
    pub(crate) fn sent(error: h2::Error) -> Self {
        let processed = h2_errors::processed(&error);
        Self {
            status: h2_errors::status_from_h2(error),
            processed,
        }
    }

    /// The request's body failed on our side.
    pub(crate) fn request_body(error: BodyError) -> Self {
        Self {
            status: body_error_to_status(error),
            processed: Processed::Maybe,
        }
    }

    pub(crate) fn queue_full(max: usize) -> Self {
        Self {
            status: Status::resource_exhausted(format!(
                "client: {max} calls already wait for a free stream on this connection \
                 (Limits::max_queued_calls raises it; the server's concurrent-stream limit is \
                 the cause)"
            )),
            processed: Processed::Maybe,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.message())
    }
}
