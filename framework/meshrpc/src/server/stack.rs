//! The layers of a call on the server, outermost first.
//!
//! They wrap the *service*, not the connection, so that they hold wherever it is mounted. The
//! same layers stand around the call's future and then around its stream of responses, because
//! a streaming handler runs inside that.
//!
//! They are one struct and not a nest of futures: every level of a nest keeps its own copy of
//! the request, and a call's task would be measured in kilobytes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};

use tokio::time::Sleep;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::admission::{Admission, Place};
use super::panic::panicked;
use super::service::Service;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::upstream::for_caller;
use crate::base::{
    Batch, CallContext, CallFuture, CallRequest, CallResponse, CallSide, Deadline, MessageStream,
    Messages, Payload, deadline,
};
use crate::telemetry::Watch;

/// What a server puts around every service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    pub(crate) sink: Sink,
    pub(crate) interceptors: Interceptors,
    pub(crate) admission: Arc<Admission>,
}

/// Starts to answer one call.
pub(crate) fn call(
    layers: &Arc<Layers>,
    service: &Arc<dyn Service>,
    place: Place,
    mut request: CallRequest,
) -> Answer {
    // Watching comes first, so that span and events tell what the caller is told.
    let watch = Watch::start(CallSide::Server, &layers.sink, &mut request);
    // The context is current while the handler runs: its own calls inherit it.
    let context = request.context.clone();
    let around = Around {
        watch,
        // When the deadline passes, everything below is dropped.
        timer: None,
        context,
        // Given back when the handler is gone, whatever ends it.
        _place: Some(place),
    };
    let late = around.context.deadline().is_some_and(Deadline::has_passed);
    let call = around.enter(|| -> CallFuture {
        if late {
            // Nobody waits for the answer any more.
            return Box::pin(std::future::ready(Err(deadline::exceeded("server"))));
        }
        if layers.interceptors.is_empty() && service.options().interceptors.is_empty() {
            service.handle(request)
        } else {
            intercepted(Arc::clone(layers), Arc::clone(service), request)
        }
    });
    Answer {
        // A panic ends this call and nothing else.
        call: call.unwrap_or_else(|status| Box::pin(std::future::ready(Err(status)))),
        around: Some(around),
    }
}

/// Answers a call that comes from within the process, as a server would: a mock behind a channel.
pub(crate) fn call_locally(service: &Arc<dyn Service>, mut request: CallRequest) -> Answer {
    static LAYERS: LazyLock<Arc<Layers>> = LazyLock::new(Arc::default);
    // The handler's context is its own: of its caller's it has what would go over the wire.
    let caller = std::mem::take(&mut request.context);
    let spec = request.spec.clone();
    request.context = CallContext::incoming(spec, caller.deadline(), Arc::default());
    if let Some(trace) = caller.trace() {
        trace.inject(&mut request.metadata);
    }
    match LAYERS.admission.admit() {
        Ok(place) => call(&LAYERS, service, place, request),
        Err(status) => Answer::new(CallContext::detached(), || {
            Box::pin(std::future::ready(Err(status)))
        }),
    }
}

/// A call inside a user's interceptors: the server's outside, the service's own inside.
fn intercepted(layers: Arc<Layers>, service: Arc<dyn Service>, request: CallRequest) -> CallFuture {
    Box::pin(async move {
        let service = &service;
        layers
            .interceptors
            .run(request, |request| {
                service.options().interceptors.run(request, |request| {
                    // An interceptor may have changed the context: the handler's is the one
                    // that came through.
                    Answer::new(request.context.clone(), || service.handle(request))
                })
            })
            .await
    })
}

/// The layers around one call.
struct Around {
    watch: Option<Box<Watch>>,
    timer: Option<Pin<Box<Sleep>>>,
    context: CallContext,
    /// The last field: what is around a handler is dropped after it.
    _place: Option<Place>,
}

impl Around {
    /// Runs a piece of the call's work inside its layers; a panic becomes a status.
    fn enter<T>(&self, work: impl FnOnce() -> T) -> Result<T, Status> {
        let work = || catch_unwind(AssertUnwindSafe(work));
        let work = || self.context.clone().enter(work);
        let result = match &self.watch {
            None => work(),
            Some(watch) => watch.in_scope(work),
        };
        result.map_err(|panic| panicked(&*panic))
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        ready!(deadline::poll(self.context.deadline(), &mut self.timer, cx));
        Poll::Ready(deadline::exceeded("server"))
    }

    /// What the caller hears of an error; the call's end.
    fn failed(mut self, status: Status) -> Status {
        let status = match status.code() {
            Code::Ok => Status::internal(
                "server: the handler failed with a status whose code is OK; an incomplete answer \
                 must not look complete",
            ),
            _ => for_caller(status),
        };
        if let Some(watch) = self.watch.take() {
            watch.end(Err(&status));
        }
        status
    }

    fn succeeded(mut self) {
        if let Some(watch) = self.watch.take() {
            watch.end(Ok(()));
        }
    }
}

/// A call that is being answered.
pub(crate) struct Answer {
    call: CallFuture,
    /// `None` once the call is answered.
    around: Option<Around>,
}

impl Answer {
    /// A call inside a context and its deadline, and nothing else.
    fn new(context: CallContext, call: impl FnOnce() -> CallFuture) -> Self {
        let around = Around {
            watch: None,
            timer: None,
            context,
            _place: None,
        };
        let call = around.enter(call);
        Self {
            call: call.unwrap_or_else(|status| Box::pin(std::future::ready(Err(status)))),
            around: Some(around),
        }
    }
}

impl Future for Answer {
    type Output = Result<CallResponse, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(around) = &mut this.around else {
            return Poll::Ready(Err(Status::internal("a call was polled after its end")));
        };
        let polled = around.enter(|| this.call.as_mut().poll(cx));
        let result = match polled {
            Ok(Poll::Ready(result)) => result,
            Ok(Poll::Pending) => Err(ready!(around.poll_deadline(cx))),
            Err(status) => Err(status),
        };
        let Some(around) = this.around.take() else {
            unreachable!("borrowed above");
        };
        Poll::Ready(match result {
            Err(status) => {
                // The handler ends now, and not when its task gets around to it.
                this.call = Box::pin(std::future::pending());
                Err(around.failed(status))
            }
            Ok(response) => Ok(respond(response, around)),
        })
    }
}

/// Ends the call with its single response, or keeps the layers around its stream.
fn respond(mut response: CallResponse, around: Around) -> CallResponse {
    response.messages = match response.messages {
        Messages::Stream(messages) => Messages::stream(Responses {
            running: Some((messages, around)),
            trailers: MetadataMap::new(),
        }),
        whole => {
            around.succeeded();
            whole
        }
    };
    response
}

/// A stream of responses, and the handler in it, inside the call's layers.
struct Responses {
    /// `None` once the call has ended: the handler is gone.
    running: Option<(Pin<Box<dyn MessageStream>>, Around)>,
    trailers: MetadataMap,
}

impl Responses {
    /// Runs a piece of the stream's work inside the call's layers. `Some` is more of the
    /// stream, `None` its good end.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        work: impl FnOnce(
            Pin<&mut dyn MessageStream>,
            &mut Context<'_>,
        ) -> Poll<Result<Option<T>, Status>>,
    ) -> Poll<Result<Option<T>, Status>> {
        let Some((messages, around)) = &mut self.running else {
            return Poll::Ready(Ok(None));
        };
        // A stream that always has a message must end at its deadline, too.
        let result = match around.poll_deadline(cx) {
            Poll::Ready(status) => Err(status),
            Poll::Pending => match around.enter(|| work(messages.as_mut(), cx)) {
                Ok(polled) => ready!(polled),
                Err(status) => Err(status),
            },
        };
        if let Ok(Some(more)) = result {
            return Poll::Ready(Ok(Some(more)));
        }
        let Some((mut messages, around)) = self.running.take() else {
            unreachable!("borrowed above");
        };
        Poll::Ready(match result {
            Err(status) => Err(around.failed(status)),
            Ok(_) => {
                self.trailers = messages.as_mut().take_trailers();
                around.succeeded();
                Ok(None)
            }
        })
    }
}

impl MessageStream for Responses {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        self.poll(cx, |messages, cx| {
            messages.poll_message(cx).map(Option::transpose)
        })
        .map(Result::transpose)
    }

    fn poll_batch(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<bool, Status>> {
        let more = self.poll(cx, |messages, cx| {
            messages
                .poll_batch(cx, batch)
                .map(|more| more.map(|more| more.then_some(())))
        });
        more.map(|more| more.map(|more| more.is_some()))
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        std::mem::take(&mut self.trailers)
    }
}
