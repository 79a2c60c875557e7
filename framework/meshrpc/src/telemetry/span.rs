//! One `tracing` span per call on each side, with OpenTelemetry's RPC conventions' fields.

use tonic::{Code, Status};
use tracing::Span;

use crate::base::events::CallSide;
use crate::base::{Spec, TraceContext};

/// Where the spans come from: the name to filter on.
const TARGET: &str = "meshrpc::call";

/// Whether anybody listens to spans of calls.
pub(super) fn enabled() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

/// The span of a call.
pub(super) fn new(side: CallSide, spec: &Spec, trace: Option<&TraceContext>) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "rpc",
        otel.name = spec.full_name(),
        otel.kind = match side {
            CallSide::Client => "client",
            CallSide::Server => "server",
        },
        otel.status_code = tracing::field::Empty,
        rpc.system = "grpc",
        rpc.service = spec.service(),
        rpc.method = spec.method(),
        rpc.grpc.status_code = tracing::field::Empty,
        error.message = tracing::field::Empty,
        trace_id = tracing::field::Empty,
        span_id = tracing::field::Empty,
    );
    if let Some(trace) = trace {
        span.record(
            "trace_id",
            tracing::field::display(format_args!("{:032x}", trace.trace_id())),
        );
        span.record(
            "span_id",
            tracing::field::display(format_args!("{:016x}", trace.span_id())),
        );
    }
    span
}

/// Writes the outcome into a call's span.
pub(super) fn end(span: &Span, side: CallSide, outcome: Result<(), &Status>) {
    let code = outcome.err().map_or(Code::Ok, Status::code);
    span.record("rpc.grpc.status_code", code as i32);
    if let Err(status) = outcome {
        span.record("error.message", status.message());
        if is_error(side, code) {
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// OpenTelemetry's RPC conventions: on a client every code but OK is an error, on a server only
/// those that are the server's fault.
const fn is_error(side: CallSide, code: Code) -> bool {
    match side {
        CallSide::Client => !matches!(code, Code::Ok),
        CallSide::Server => matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        ),
    }
}
