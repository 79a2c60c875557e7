//! The future of a single response message.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tonic::metadata::MetadataMap;
use tonic::{Extensions, Response, Status};

use crate::base::extensions::Trailers;
use crate::base::upstream::received;
use crate::base::{Call, CallFuture, CallResponse, Messages, Payload};
use crate::client::calls::Options;
use crate::codec::{self, Codec};

/// Waits for the one response message of a call, and for its end.
pub(super) struct Single<Res, C> {
    state: State,
    types: PhantomData<fn() -> (Res, C)>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "the large one is of answers that no transport gave, and a box would not be cheaper"
)]
enum State {
    Refused(Option<Status>),
    Calling(CallFuture),
    /// Something other than a transport answered with a stream.
    Reading(CallResponse, Option<Payload>),
}

impl<Res, C: Codec<Res>> Single<Res, C> {
    /// Starts a call.
    pub(super) fn start(options: Options, messages: Result<Messages, Status>) -> Self {
        let request = messages.and_then(|messages| options.into_request(messages));
        let state = match request {
            Ok((channel, request)) => State::Calling(channel.call(request)),
            Err(status) => State::Refused(Some(status)),
        };
        Self {
            state,
            types: PhantomData,
        }
    }

    /// A call that is not made.
    pub(super) fn refused(status: Status) -> Self {
        Self {
            state: State::Refused(Some(status)),
            types: PhantomData,
        }
    }

    /// Waits for a call that is under way.
    pub(super) fn of(
        call: impl Future<Output = Result<CallResponse, Status>> + Send + 'static,
    ) -> Self {
        Self {
            state: State::Calling(Box::pin(call)),
            types: PhantomData,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Res>, Status>> {
        loop {
            match &mut self.state {
                State::Refused(status) => {
                    return Poll::Ready(Err(status
                        .take()
                        .unwrap_or_else(|| Status::internal("a call was polled after its end"))));
                }
                State::Calling(call) => match ready!(call.as_mut().poll(cx)) {
                    Err(status) => return Poll::Ready(Err(self.end(status))),
                    Ok(response) => match response.messages {
                        Messages::One(payload, trailers) => {
                            self.state = State::Refused(None);
                            return Poll::Ready(decode::<Res, C>(
                                response.metadata,
                                payload,
                                trailers,
                            ));
                        }
                        _ => self.state = State::Reading(response, None),
                    },
                },
                State::Reading(response, first) => {
                    match (ready!(response.messages.poll_next(cx)), first.take()) {
                        (Some(Ok(payload)), None) => *first = Some(payload),
                        (None, Some(payload)) => {
                            let trailers = response.messages.take_trailers();
                            let metadata = std::mem::take(&mut response.metadata);
                            self.state = State::Refused(None);
                            return Poll::Ready(decode::<Res, C>(metadata, payload, trailers));
                        }
                        (Some(Err(status)), _) => return Poll::Ready(Err(self.end(status))),
                        (Some(Ok(_)), Some(_)) | (None, None) => {
                            return Poll::Ready(Err(self.end(Status::unimplemented(
                                "client: the answer has not exactly one response message",
                            ))));
                        }
                    }
                }
            }
        }
    }

    fn end(&mut self, status: Status) -> Status {
        self.state = State::Refused(None);
        received(status)
    }
}

fn decode<Res, C: Codec<Res>>(
    metadata: MetadataMap,
    payload: Payload,
    trailers: MetadataMap,
) -> Result<Response<Res>, Status> {
    let compressed = payload.was_compressed();
    let message = codec::decode(C::decode, payload)?;
    let mut extensions = Extensions::new();
    if compressed {
        extensions.insert(codec::Compressed);
    }
    if !trailers.is_empty() {
        extensions.insert(Trailers(trailers));
    }
    Ok(Response::from_parts(metadata, message, extensions))
}

/// [`Single`] as a future of its own.
impl<Res, C: Codec<Res>> Future for Single<Res, C> {
    type Output = Result<Response<Res>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Self::poll(&mut self, cx)
    }
}
