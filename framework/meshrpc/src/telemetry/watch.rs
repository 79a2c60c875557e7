//! Watching a call: its span, its trace, its start and its one end.

use tonic::{Code, Status};
use tracing::Span;

use super::span;
use crate::base::events::{CallSide, Event, Sink};
use crate::base::rt::{self, Instant};
use crate::base::{CallRequest, Spec, TraceContext};

/// Takes the trace of an incoming call into its context, and writes the trace of the current
/// context into an outgoing one. With a listener each call is a span of its own; without one
/// the trace passes through untouched.
fn carry_trace(side: CallSide, spans: bool, request: &mut CallRequest) {
    match side {
        CallSide::Server => {
            let incoming = match request.metadata.is_empty() {
                true => None,
                false => TraceContext::extract(&request.metadata),
            };
            let trace = match incoming {
                Some(trace) if spans => Some(trace.child(rt::random())),
                Some(trace) => Some(trace),
                None if spans => Some(new_trace()),
                None => None,
            };
            if let Some(trace) = trace {
                request.context = std::mem::take(&mut request.context).with_trace(trace);
            }
        }
        CallSide::Client => {
            if spans {
                let trace = match request.context.trace() {
                    Some(trace) => trace.child(rt::random()),
                    None => new_trace(),
                };
                request.context = std::mem::take(&mut request.context).with_trace(trace);
            }
            if let Some(trace) = request.context.trace() {
                trace.inject(&mut request.metadata);
            }
        }
    }
}

fn new_trace() -> TraceContext {
    let id = u128::from(rt::random()) << 64 | u128::from(rt::random());
    TraceContext::root(id, rt::random())
}

/// A call that is being watched. Ends once, at the latest when it is dropped.
pub(crate) struct Watch {
    side: CallSide,
    sink: Sink,
    spec: Spec,
    span: Span,
    started: Instant,
    ended: bool,
}

impl Watch {
    /// Starts to watch a call; `None` when nobody listens, which costs two loads. The call's
    /// trace is carried on in either case.
    pub(crate) fn start(
        side: CallSide,
        sink: &Sink,
        request: &mut CallRequest,
    ) -> Option<Box<Self>> {
        let spans = span::enabled();
        carry_trace(side, spans, request);
        if !spans && !sink.listens() {
            return None;
        }
        let spec = request.spec.clone();
        sink.tell(&Event::CallStarted { side, spec: &spec });
        Some(Box::new(Self {
            side,
            sink: sink.clone(),
            span: match spans {
                true => span::new(side, &spec, request.context.trace()),
                false => Span::none(),
            },
            spec,
            started: rt::now(),
            ended: false,
        }))
    }

    /// Runs a piece of the call's work inside its span.
    pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// The call has ended.
    #[expect(
        clippy::boxed_local,
        reason = "it lives in a box; unboxing it here would move it"
    )]
    pub(crate) fn end(mut self: Box<Self>, outcome: Result<(), &Status>) {
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: Result<(), &Status>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        span::end(&self.span, self.side, outcome);
        self.sink.tell(&Event::CallEnded {
            side: self.side,
            spec: &self.spec,
            code: outcome.err().map_or(Code::Ok, Status::code),
            elapsed: self.started.elapsed(),
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Err(&Status::cancelled("nobody waited for the call's end")));
        }
    }
}
