//! Any number of requests and responses, in any order.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Response, Status};

use super::Types;
use super::options::{Options, call_options};
use super::reply::{self, Reply};
use super::send_all::{Encoded, StreamItem};
use crate::base::upstream::received;
use crate::base::{Call, CallResponse, MessageStream, Messages, MethodSpec, Payload};
use crate::client::Channel;
use crate::codec::{Codec, Outbox, Prost, Receiver, Sender};

/// A bidirectional call: [`start`](Self::start) it and send by hand, or give it a stream by
/// [`send_all`](Self::send_all).
#[must_use = "a call does nothing until it is started"]
pub struct BidiStreamingCall<Req, Res, C = Prost> {
    options: Options,
    types: Types<Req, Res, C>,
}

impl<Req, Res, C> BidiStreamingCall<Req, Res, C>
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

    /// Starts the call without waiting for anything. The [`Reply`] is ready when the server's
    /// headers are there, which may be long after the first messages were sent: most servers
    /// send them with their first message. So send before you await the reply, or take
    /// [`Reply::into_receiver`], which waits for nothing.
    pub fn start(self) -> (Sender<Req>, Reply<Response<Receiver<Res>>>) {
        let (sender, started, outbox) = reply::start::<Req, C>(self.options);
        let reply = Reply::new(async move {
            let mut response = started.await.map_err(received)?;
            response.messages = Messages::stream(TellEnd {
                messages: response.messages,
                outbox,
            });
            Ok(typed::<Res, C>(response))
        });
        (sender, reply)
    }

    /// Sends all messages of `requests` while the responses are read. The stream yields messages
    /// or `Result`s of them; an error cancels the call.
    pub fn send_all<S>(
        self,
        requests: S,
    ) -> impl Future<Output = Result<Response<Receiver<Res>>, Status>> + Send + 'static
    where
        S: Stream<Item: StreamItem<Req>> + Send + 'static,
    {
        let options = self.options;
        let stream = Encoded::<S, Req, C>::new(requests, options.context());
        let messages = Messages::stream(stream);
        async move {
            let (channel, request) = options.into_request(messages)?;
            let response = channel.call(request).await.map_err(received)?;
            Ok(typed::<Res, C>(response))
        }
    }
}

fn typed<Res, C: Codec<Res>>(response: CallResponse) -> Response<Receiver<Res>> {
    Response::from_parts(
        response.metadata,
        Receiver::for_caller::<C>(response.messages),
        Extensions::new(),
    )
}

impl<Res: Send + 'static> Reply<Response<Receiver<Res>>> {
    /// The stream of responses, without waiting for the server's headers and without the
    /// metadata in them. A call that fails before its headers fails at the first message.
    ///
    /// ```no_run
    /// # async fn run<Req: Send + 'static, Res: Send + 'static, C>(
    /// #     call: meshrpc::client::BidiStreamingCall<Req, Res, C>,
    /// #     question: Req,
    /// # ) -> Result<(), meshrpc::Status>
    /// # where C: meshrpc::codec::Codec<Req> + meshrpc::codec::Codec<Res> {
    /// let (mut questions, reply) = call.start();
    /// let mut answers = reply.into_receiver();
    /// questions.send(question).await?;
    /// let answer = answers.message().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_receiver(self) -> Receiver<Res> {
        Receiver::later(async move { self.await.map(Response::into_inner) })
    }
}

/// Tells the sender how the call ended, once the receiver knows.
struct TellEnd {
    messages: Messages,
    outbox: Arc<Outbox>,
}

impl MessageStream for TellEnd {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        let message = ready!(self.messages.poll_next(cx));
        match &message {
            Some(Ok(_)) => {}
            Some(Err(status)) => self.outbox.close_with(received(status.clone())),
            None => self.outbox.close_with(reply::answered_early()),
        }
        Poll::Ready(message)
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        self.messages.take_trailers()
    }
}

impl<Req, Res, C> fmt::Debug for BidiStreamingCall<Req, Res, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BidiStreamingCall").finish_non_exhaustive()
    }
}
