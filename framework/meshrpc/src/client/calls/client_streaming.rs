//! Any number of requests, one response.

use std::fmt;
use std::marker::PhantomData;

use futures_core::Stream;
use tonic::{Response, Status};

use super::Types;
use super::options::{Options, call_options};
use super::reply::{self, Reply};
use super::send_all::{Encoded, StreamItem};
use super::single::Single;
use crate::base::{Messages, MethodSpec};
use crate::client::Channel;
use crate::codec::{Codec, Prost, Sender};

/// A client-streaming call: [`start`](Self::start) it and send by hand, or give it a stream by
/// [`send_all`](Self::send_all).
#[must_use = "a call does nothing until it is started"]
pub struct ClientStreamingCall<Req, Res, C = Prost> {
    options: Options,
    types: Types<Req, Res, C>,
}

impl<Req, Res, C> ClientStreamingCall<Req, Res, C>
where
    Req: Send + 'static,
    Res: Send + 'static,
    C: Codec<Req> + Codec<Res>,
{
    pub(crate) fn new(channel: &Channel, spec: &'static MethodSpec) -> Self {
        Self {
            options: Options::new(channel, spec),
            types: PhantomData,
        }
    }

    fn with(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(&mut self.options);
        self
    }

    call_options!();

    /// Starts the call. Send with the [`Sender`], [`finish`](Sender::finish) it, and await the
    /// [`Reply`].
    pub fn start(self) -> (Sender<Req>, Reply<Response<Res>>) {
        let (sender, started, outbox) = reply::start::<Req, C>(self.options);
        let reply = Reply::new(async move {
            let response = Single::<Res, C>::of(started).await;
            outbox.close_with(match &response {
                Ok(_) => reply::answered_early(),
                Err(status) => status.clone(),
            });
            response
        });
        (sender, reply)
    }

    /// Sends all messages of `requests` and waits for the response. The stream yields messages
    /// or `Result`s of them; an error cancels the call and is returned.
    pub fn send_all<S>(
        self,
        requests: S,
    ) -> impl Future<Output = Result<Response<Res>, Status>> + Send + 'static
    where
        S: Stream<Item: StreamItem<Req>> + Send + 'static,
    {
        let options = self.options;
        let stream = Encoded::<S, Req, C>::new(requests, options.context());
        let messages = Messages::stream(stream);
        async move { Single::<Res, C>::start(options, Ok(messages)).await }
    }
}

impl<Req, Res, C> fmt::Debug for ClientStreamingCall<Req, Res, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStreamingCall")
            .finish_non_exhaustive()
    }
}
