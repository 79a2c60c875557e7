//! Watching a stream of responses to its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{CallResponse, MessageStream, Messages, Payload};

impl CallResponse {
    /// Calls `watch` once when the response has ended: with the trailers of a success, the
    /// status of a failure, or CANCELLED when the rest was not wanted any more.
    #[must_use]
    pub fn on_end<F>(mut self, watch: F) -> Self
    where
        F: FnOnce(Result<&MetadataMap, &Status>) + Send + 'static,
    {
        self.messages = match self.messages {
            Messages::One(payload, trailers) => {
                watch(Ok(&trailers));
                Messages::One(payload, trailers)
            }
            Messages::Ended(trailers) => {
                watch(Ok(&trailers));
                Messages::Ended(trailers)
            }
            Messages::Stream(messages) => Messages::stream(Watched {
                messages,
                watch: Some(watch),
                trailers: None,
            }),
        };
        self
    }
}

/// A stream that tells its end.
struct Watched<F: FnOnce(Result<&MetadataMap, &Status>)> {
    messages: Pin<Box<dyn MessageStream>>,
    watch: Option<F>,
    trailers: Option<MetadataMap>,
}

// Nothing in it is pinned but the stream, which is boxed.
impl<F: FnOnce(Result<&MetadataMap, &Status>)> Unpin for Watched<F> {}

impl<F> MessageStream for Watched<F>
where
    F: FnOnce(Result<&MetadataMap, &Status>) + Send,
{
    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let this = self.get_mut();
        let message = ready!(this.messages.as_mut().poll_message(cx));
        match &message {
            Some(Ok(_)) => {}
            Some(Err(status)) => {
                if let Some(watch) = this.watch.take() {
                    watch(Err(status));
                }
            }
            None => {
                let trailers = this.messages.as_mut().take_trailers();
                if let Some(watch) = this.watch.take() {
                    watch(Ok(&trailers));
                }
                this.trailers = Some(trailers);
            }
        }
        Poll::Ready(message)
    }

    fn take_trailers(self: Pin<&mut Self>) -> MetadataMap {
        self.get_mut().trailers.take().unwrap_or_default()
    }
}

impl<F: FnOnce(Result<&MetadataMap, &Status>)> Drop for Watched<F> {
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take() {
            watch(Err(&Status::cancelled(
                "the rest of the response was not wanted",
            )));
        }
    }
}
