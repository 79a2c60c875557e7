//! Statuses that came from another server, and what of them a handler passes on.
//!
//! `?` on a client call inside a handler is the natural thing to write. It must not hand the
//! upstream's trailers and details (tokens, internal names) to a caller whom they were not meant
//! for, so a received status is marked, and a server sends only code and message of a marked
//! one. [`StatusExt::forward`](super::StatusExt::forward) lifts the mark.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tonic::Status;

/// Marks a status as received from another server.
#[derive(Debug)]
struct Upstream(Option<String>);

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("received from the server that was called"),
            Some(cause) => write!(f, "received from the server that was called: {cause}"),
        }
    }
}

impl Error for Upstream {}

/// Lifts the mark.
#[derive(Debug)]
struct Forwarded;

impl fmt::Display for Forwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("forwarded from the server that was called")
    }
}

impl Error for Forwarded {}

fn is_upstream(status: &Status) -> bool {
    status
        .source()
        .is_some_and(|source| source.is::<Upstream>())
}

/// Marks a status that a client call ended with.
#[cfg(feature = "client")]
pub(crate) fn received(mut status: Status) -> Status {
    // Marking costs an allocation; without anything to hide there is no need for it.
    if status.metadata().is_empty() && status.details().is_empty() {
        return status;
    }
    let cause = status.source().map(ToString::to_string);
    status.set_source(Arc::new(Upstream(cause)));
    status
}

/// Carries the mark over to a status that was made out of a marked one; says whether it did.
pub(super) fn keep_mark(from: &Status, to: &mut Status) -> bool {
    let marked = is_upstream(from);
    if marked {
        to.set_source(Arc::new(Upstream(from.source().map(ToString::to_string))));
    }
    marked
}

/// Lifts the mark of a status, so that metadata and details go on to the caller.
pub(crate) fn forward(mut status: Status) -> Status {
    if is_upstream(&status) {
        status.set_source(Arc::new(Forwarded));
    }
    status
}

/// What a handler's status says to its caller.
#[cfg(feature = "server")]
pub(crate) fn for_caller(status: Status) -> Status {
    if is_upstream(&status) {
        Status::new(status.code(), status.message())
    } else {
        status
    }
}

#[cfg(all(test, feature = "client", feature = "server"))]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::base::StatusExt;
    use crate::google::rpc::ErrorInfo;

    fn from_upstream() -> Status {
        received(Status::with_details(
            tonic::Code::NotFound,
            "no such row",
            Bytes::from_static(b"secret"),
        ))
    }

    #[test]
    fn code_and_message_go_on_and_the_details_stay() {
        let status = for_caller(from_upstream());
        assert_eq!(
            (status.code(), status.message()),
            (tonic::Code::NotFound, "no such row")
        );
        assert!(status.details().is_empty());
    }

    #[test]
    fn forwarding_lets_everything_go_on() {
        assert_eq!(for_caller(from_upstream().forward()).details(), b"secret");
    }

    #[test]
    fn adding_a_detail_does_not_lift_the_mark() {
        let status = from_upstream().with_detail(&ErrorInfo::default());
        assert!(for_caller(status).details().is_empty());
    }

    #[test]
    fn a_status_of_ones_own_keeps_its_details() {
        let status = Status::not_found("mine").with_detail(&ErrorInfo::default());
        assert!(!for_caller(status).details().is_empty());
    }
}
