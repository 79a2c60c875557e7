//! One request, one response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::{Request, Response, Status};

use super::options::{Options, call_options, too_late};
use super::single::Single;
use crate::base::{Messages, MethodSpec};
use crate::client::Channel;
use crate::codec::{self, Codec, Prost, Uncompressed};

/// A unary call; `.await` it. Dropping it cancels the call.
#[must_use = "a call does nothing until it is awaited"]
pub struct UnaryCall<Req, Res, C = Prost> {
    state: State<Req, Res, C>,
}

enum State<Req, Res, C> {
    Prepared(Option<(Options, Req)>),
    Calling(Single<Res, C>),
}

impl<Req, Res, C> UnaryCall<Req, Res, C>
where
    C: Codec<Req> + Codec<Res>,
{
    pub(crate) fn new(channel: &Channel, spec: &'static MethodSpec, request: Request<Req>) -> Self {
        let (metadata, extensions, message) = request.into_parts();
        let options = Options::with_metadata(channel, spec, metadata, extensions);
        Self {
            state: State::Prepared(Some((options, message))),
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Options)) -> Self {
        match &mut self.state {
            State::Prepared(Some((options, _))) => set(options),
            state => *state = State::Calling(Single::refused(too_late())),
        }
        self
    }

    call_options!();
}

/// Encodes the single message of a request.
pub(super) fn one<Req, C: Codec<Req>>(
    message: &Req,
    options: &Options,
) -> Result<Messages, Status> {
    let payload = codec::encode::<C, Req>(message)?;
    Ok(Messages::one(if options.has::<Uncompressed>() {
        payload.never_compress()
    } else {
        payload
    }))
}

impl<Req, Res, C> Future for UnaryCall<Req, Res, C>
where
    C: Codec<Req> + Codec<Res>,
{
    type Output = Result<Response<Res>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Prepared(prepared) = &mut self.state
            && let Some((options, message)) = prepared.take()
        {
            let messages = one::<Req, C>(&message, &options);
            drop(message);
            self.state = State::Calling(Single::start(options, messages));
        }
        match &mut self.state {
            State::Calling(single) => single.poll(cx),
            State::Prepared(_) => unreachable!("replaced above on the first poll"),
        }
    }
}

// The message is never pinned: it is encoded before the call starts.
impl<Req, Res, C> Unpin for UnaryCall<Req, Res, C> {}

impl<Req, Res, C> fmt::Debug for UnaryCall<Req, Res, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryCall").finish_non_exhaustive()
    }
}
