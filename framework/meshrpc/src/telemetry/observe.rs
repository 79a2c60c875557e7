//! The layer that watches a call: its span, its trace, its start and its one end.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tracing::Span;

use super::span;
use crate::base::events::{CallSide, Event, Sink};
use crate::base::rt::{self, Instant};
use crate::base::{
    CallRequest, CallResponse, MessageStream, Messages, Payload, Spec, TraceContext,
};

/// Watches one call. Costs two loads when nobody listens.
pub(crate) async fn observe<F, Fut>(
    side: CallSide,
    sink: &Sink,
    mut request: CallRequest,
    call: F,
) -> Result<CallResponse, Status>
where
    F: FnOnce(CallRequest) -> Fut,
    Fut: Future<Output = Result<CallResponse, Status>>,
{
    let spans = span::enabled();
    carry_trace(side, spans, &mut request);
    if !spans && !sink.listens() {
        return call(request).await;
    }
    let span = if spans {
        span::new(side, &request.spec, request.context.trace())
    } else {
        Span::none()
    };
    let watch = Watch::start(side, sink.clone(), request.spec.clone(), span);
    let mut call = pin!(call(request));
    let result = std::future::poll_fn(|cx| {
        let _entered = watch.span.enter();
        call.as_mut().poll(cx)
    })
    .await;
    match result {
        Err(status) => {
            watch.end(Err(&status));
            Err(status)
        }
        Ok(mut response) => {
            response.messages = match response.messages {
                Messages::Stream(messages) => Messages::stream(Watched {
                    messages,
                    watch: Some(watch),
                }),
                whole => {
                    watch.end(Ok(()));
                    whole
                }
            };
            Ok(response)
        }
    }
}

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
struct Watch {
    side: CallSide,
    sink: Sink,
    spec: Spec,
    span: Span,
    started: Instant,
    ended: bool,
}

impl Watch {
    fn start(side: CallSide, sink: Sink, spec: Spec, span: Span) -> Self {
        sink.tell(&Event::CallStarted { side, spec: &spec });
        Self {
            side,
            sink,
            spec,
            span,
            started: rt::now(),
            ended: false,
        }
    }

    fn end(mut self, outcome: Result<(), &Status>) {
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

/// A watched call's stream of responses.
struct Watched {
    messages: Pin<Box<dyn MessageStream>>,
    watch: Option<Watch>,
}

impl MessageStream for Watched {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let this = &mut *self;
        let span = this
            .watch
            .as_ref()
            .map_or_else(Span::none, |watch| watch.span.clone());
        let message = span.in_scope(|| this.messages.as_mut().poll_message(cx));
        match &message {
            Poll::Pending | Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(Some(Err(status))) => this.end(Err(status)),
            Poll::Ready(None) => this.end(Ok(())),
        }
        message
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        self.messages.as_mut().take_trailers()
    }
}

impl Watched {
    fn end(&mut self, outcome: Result<(), &Status>) {
        if let Some(watch) = self.watch.take() {
            watch.end(outcome);
        }
    }
}
