//! What a handler's panic means.

use std::any::Any;

use tonic::Status;

use crate::base::StatusExt;
use crate::google::rpc::ErrorInfo;

/// gRPC's status table: a handler that throws is UNKNOWN. What it threw is for the log, not for
/// the caller.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Status {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(not a text)");
    tracing::error!(panic = text, "a handler panicked");
    Status::unknown("server: the handler panicked; the server's log has the reason").with_detail(
        &ErrorInfo {
            reason: "HANDLER_PANICKED".to_owned(),
            domain: "meshrpc".to_owned(),
            ..ErrorInfo::default()
        },
    )
}
