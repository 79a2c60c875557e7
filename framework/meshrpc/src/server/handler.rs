//! A streaming handler as a stream of messages.
//!
//! The handler's future *is* the stream: it runs when the transport asks for the next message
//! and no further than its outbox has room. So a slow reader holds it back, a peer that leaves
//! drops it, and what holds for a call (deadline, context, panics) holds for its stream.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::metadata::MetadataMap;

use super::panic::panicked;
use crate::base::upstream::for_caller;
use crate::base::{Batch, CallResponse, MessageStream, Messages, Payload};
use crate::codec::{Codec, HandlerEnd, Outbox, Sender};

/// Runs a streaming handler until its headers are known.
pub(super) async fn answer<C, M, F, Fut>(handler: F) -> Result<CallResponse, Status>
where
    C: Codec<M>,
    F: FnOnce(Sender<M>) -> Fut,
    Fut: Future<Output = HandlerEnd> + Send + 'static,
{
    let outbox = Arc::new(Outbox::default());
    let sender = Sender::for_handler::<C>(Arc::clone(&outbox));
    let mut running = Running {
        handler: Some(Box::pin(handler(sender))),
        outbox,
        end: None,
        trailers: MetadataMap::new(),
    };
    let metadata = poll_fn(|cx| running.poll_headers(cx)).await?;
    Ok(CallResponse::new(metadata, Messages::stream(running)))
}

struct Running {
    handler: Option<Pin<Box<dyn Future<Output = HandlerEnd> + Send>>>,
    outbox: Arc<Outbox>,
    end: Option<HandlerEnd>,
    trailers: MetadataMap,
}

impl Running {
    fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<MetadataMap, Status>> {
        self.poll_handler(cx);
        if let Some(metadata) = self.outbox.take_headers() {
            return Poll::Ready(Ok(metadata));
        }
        // Ended without a message: the initial metadata leaves with the end.
        match &mut self.end {
            None => Poll::Pending,
            Some(end) => Poll::Ready(match (&mut end.result, end.metadata.take()) {
                (Ok(()), metadata) => Ok(metadata.unwrap_or_default()),
                // Headers that a handler went to the trouble of setting are sent even if it
                // failed; without them an error is the whole response.
                (Err(_), Some(metadata)) if !metadata.is_empty() => Ok(metadata),
                (Err(_), _) => Err(self.take_end().expect_err("the result is an error")),
            }),
        }
    }

    fn poll_handler(&mut self, cx: &mut Context<'_>) {
        let Some(handler) = &mut self.handler else {
            return;
        };
        // A panic is caught here so that what was sent before it still arrives.
        let end = match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(end)) => end,
            Err(panic) => HandlerEnd::failed(panicked(&*panic)),
        };
        self.handler = None;
        self.end = Some(end);
    }

    /// How the handler ended; an error carries the trailers in its metadata.
    fn take_end(&mut self) -> Result<MetadataMap, Status> {
        let Some(end) = self.end.take() else {
            return Ok(MetadataMap::new());
        };
        match end.result {
            Ok(()) => Ok(end.trailers),
            Err(status) if !end.trailers.is_empty() => {
                // What came from upstream goes no further; the handler's own trailers do.
                let mut status = for_caller(status);
                let mut metadata = end.trailers.into_headers();
                for (name, value) in status.metadata().as_ref() {
                    metadata.append(name, value.clone());
                }
                *status.metadata_mut() = MetadataMap::from_headers(metadata);
                Err(status)
            }
            Err(status) => Err(status),
        }
    }
}

impl MessageStream for Running {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        if let Some(payload) = self.outbox.pop() {
            return Poll::Ready(Some(Ok(payload)));
        }
        self.poll_handler(cx);
        if let Some(payload) = self.outbox.pop() {
            return Poll::Ready(Some(Ok(payload)));
        }
        if self.handler.is_some() {
            return Poll::Pending;
        }
        Poll::Ready(match self.take_end() {
            Ok(trailers) => {
                self.trailers = trailers;
                None
            }
            Err(status) => Some(Err(status)),
        })
    }

    fn poll_batch(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<bool, Status>> {
        // What the handler left before is in the outbox with what it adds now: one look is enough.
        self.poll_handler(cx);
        self.outbox.drain(batch)?;
        if self.handler.is_some() {
            // A handler that waits for room has filled the batch.
            return match batch.is_full() {
                true => Poll::Ready(Ok(true)),
                false => Poll::Pending,
            };
        }
        self.trailers = self.take_end()?;
        Poll::Ready(Ok(false))
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        std::mem::take(&mut self.trailers)
    }
}
