//! One request, any number of responses.

use std::fmt;
use std::future::ready as at_once;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tonic::{Extensions, Request, Response, Status};

use super::options::{Options, call_options, too_late};
use super::unary::one;
use crate::base::upstream::received;
use crate::base::{Call, CallFuture, MethodSpec};
use crate::client::Channel;
use crate::codec::{Codec, Prost, Receiver};

/// A server-streaming call; `.await` it for the stream of responses. Dropping it, or later the
/// [`Receiver`], cancels the call.
#[must_use = "a call does nothing until it is awaited"]
pub struct ServerStreamingCall<Req, Res, C = Prost> {
    state: State<Req>,
    types: PhantomData<fn() -> (Res, C)>,
}

enum State<Req> {
    Prepared(Options, Req),
    Calling(CallFuture),
    Ended,
}

impl<Req, Res, C> ServerStreamingCall<Req, Res, C>
where
    C: Codec<Req> + Codec<Res>,
{
    pub(crate) fn new(channel: &Channel, spec: &'static MethodSpec, request: Request<Req>) -> Self {
        let (metadata, extensions, message) = request.into_parts();
        let options = Options::with_metadata(channel, spec, metadata, extensions);
        Self {
            state: State::Prepared(options, message),
            types: PhantomData,
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Options)) -> Self {
        match &mut self.state {
            State::Prepared(options, _) => set(options),
            state => *state = State::Calling(Box::pin(at_once(Err(too_late())))),
        }
        self
    }

    call_options!();
}

impl<Req, Res, C> Future for ServerStreamingCall<Req, Res, C>
where
    C: Codec<Req> + Codec<Res>,
{
    type Output = Result<Response<Receiver<Res>>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Prepared(..) = self.state
            && let State::Prepared(options, message) =
                std::mem::replace(&mut self.state, State::Ended)
        {
            let messages = one::<Req, C>(&message, &options);
            drop(message);
            match messages.and_then(|messages| options.into_request(messages)) {
                Ok((channel, request)) => self.state = State::Calling(channel.call(request)),
                Err(status) => return Poll::Ready(Err(status)),
            }
        }
        let State::Calling(call) = &mut self.state else {
            return Poll::Ready(Err(Status::internal("a call was polled after its end")));
        };
        let result = ready!(call.as_mut().poll(cx));
        self.state = State::Ended;
        Poll::Ready(match result {
            Ok(response) => Ok(Response::from_parts(
                response.metadata,
                Receiver::for_caller::<C>(response.messages),
                Extensions::new(),
            )),
            Err(status) => Err(received(status)),
        })
    }
}

// The message is never pinned: it is encoded before the call starts.
impl<Req, Res, C> Unpin for ServerStreamingCall<Req, Res, C> {}

impl<Req, Res, C> fmt::Debug for ServerStreamingCall<Req, Res, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerStreamingCall")
            .finish_non_exhaustive()
    }
}
