//! The layers of a call on the server, outermost first.
//!
//! They wrap the *service*, not the connection, so that they hold wherever it is mounted. A
//! streaming handler runs inside its stream of responses; [`Guarded`] holds the same layers
//! around that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::time::Sleep;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::panic::panicked;
use super::service::Service;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::upstream::for_caller;
use crate::base::{
    CallContext, CallRequest, CallResponse, CallSide, MessageStream, Messages, Payload, deadline,
    rt,
};
use crate::telemetry::observe;

/// What a server puts around every service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    pub(crate) sink: Sink,
    pub(crate) interceptors: Interceptors,
}

/// Answers one call.
pub(crate) async fn call(
    layers: &Layers,
    service: &dyn Service,
    request: CallRequest,
) -> Result<CallResponse, Status> {
    // Watching comes first, so that span and events tell what the caller is told.
    observe(CallSide::Server, &layers.sink, request, |request| async {
        let context = request.context.clone();
        // When the deadline passes, everything below is dropped.
        let response = within_deadline(&context, async {
            // The context is current while the handler runs: its own calls inherit it.
            context
                .clone()
                .scope(layers.interceptors.run(request, |request| {
                    // A service's own interceptors know what they are around.
                    service.options().interceptors.run(request, |request| {
                        // A panic ends this call and nothing else.
                        catch_panic(service.call(request))
                    })
                }))
                .await
        })
        .await
        .map_err(for_caller)?;
        Ok(guard(response, context))
    })
    .await
}

async fn within_deadline<F>(context: &CallContext, call: F) -> Result<CallResponse, Status>
where
    F: Future<Output = Result<CallResponse, Status>>,
{
    match context.deadline() {
        None => call.await,
        Some(deadline) => rt::timeout_at(deadline.instant(), pin!(call))
            .await
            .unwrap_or_else(|| Err(deadline::exceeded("server"))),
    }
}

async fn catch_panic<F>(call: F) -> Result<CallResponse, Status>
where
    F: Future<Output = Result<CallResponse, Status>> + Unpin,
{
    let mut call = call;
    std::future::poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| Pin::new(&mut call).poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
    })
    .await
}

fn guard(mut response: CallResponse, context: CallContext) -> CallResponse {
    if let Messages::Stream(messages) = response.messages {
        let timer = context
            .deadline()
            .map(|deadline| Box::pin(rt::sleep_until(deadline.instant())));
        response.messages = Messages::stream(Guarded {
            messages: Some(messages),
            timer,
            context,
        });
    }
    response
}

/// A stream of responses, and the handler in it, inside the call's layers.
struct Guarded {
    /// `None` once the call has ended: the handler is gone.
    messages: Option<Pin<Box<dyn MessageStream>>>,
    timer: Option<Pin<Box<Sleep>>>,
    context: CallContext,
}

impl MessageStream for Guarded {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let this = &mut *self;
        let Some(messages) = &mut this.messages else {
            return Poll::Ready(None);
        };
        if let Some(timer) = &mut this.timer
            && timer.as_mut().poll(cx).is_ready()
        {
            this.messages = None;
            return Poll::Ready(Some(Err(deadline::exceeded("server"))));
        }
        let polled = this
            .context
            .clone()
            .enter(|| catch_unwind(AssertUnwindSafe(|| messages.as_mut().poll_message(cx))));
        match polled {
            Ok(Poll::Ready(Some(Err(status)))) => {
                this.messages = None;
                Poll::Ready(Some(Err(for_caller(status))))
            }
            Ok(message) => message,
            Err(panic) => {
                this.messages = None;
                Poll::Ready(Some(Err(panicked(&*panic))))
            }
        }
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        match &mut self.messages {
            Some(messages) => messages.as_mut().take_trailers(),
            None => MetadataMap::new(),
        }
    }
}
