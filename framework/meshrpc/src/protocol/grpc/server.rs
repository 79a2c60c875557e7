//! An HTTP request as a call, the call's answer as an HTTP response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tokio::time::Sleep;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::{
    APPLICATION_GRPC, COMPRESS_MIN_SIZE, CONTENT_TYPE, GRPC_ACCEPT_ENCODING, GRPC_ENCODING,
    GRPC_TIMEOUT, TE, is_grpc, metadata, status, timeout,
};
use crate::base::{
    CallContext, CallRequest, CallResponse, Deadline, Messages, Payload, Peer, Spec, deadline,
};
use crate::codec::Encoding;
use crate::codec::compression::EncodingSet;
use crate::codec::envelope::{Compress, Deframer, Side, enclose};
use crate::protocol::Body;

/// How a service wants its messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framing {
    pub(crate) max_receive_message: usize,
    pub(crate) max_send_message: usize,
    /// Compress answers so, where the caller accepts it.
    pub(crate) compress: Option<Encoding>,
}

/// Whether this is a gRPC request at all.
pub(crate) fn is_grpc_request<B>(request: &Request<B>) -> bool {
    request.headers().get(&CONTENT_TYPE).is_some_and(is_grpc)
}

/// Answers a request that is no gRPC request: 415 as the protocol wants it, in words that help
/// whoever typed the address into a browser.
pub(crate) fn not_grpc() -> Response<Body> {
    in_words(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "This is a gRPC server: it takes POST requests with content-type application/grpc.\n",
    )
}

/// Answers a gRPC request that came over HTTP/1, which has no way to carry the answer.
#[cfg(feature = "http1")]
pub(crate) fn not_http2() -> Response<Body> {
    in_words(
        StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        "gRPC needs HTTP/2; did a proxy on the way speak HTTP/1?\n",
    )
}

fn in_words(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        &CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// An error without any message before it.
pub(crate) fn trailers_only(status: &Status) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(&CONTENT_TYPE, APPLICATION_GRPC);
    status::to_trailers(status, &mut headers);
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = headers;
    response
}

/// A request whose head is understood.
pub(crate) struct Begun {
    spec: Spec,
    metadata: MetadataMap,
    context: CallContext,
    extensions: Extensions,
    incoming: Incoming,
    framing: Framing,
    /// How the answer is compressed.
    encoding: Option<Encoding>,
}

/// Reads the head of a request of the method `spec`.
pub(crate) fn begin(
    spec: Spec,
    request: Request<Body>,
    peer: &Arc<Peer>,
    framing: Framing,
) -> Result<Begun, Status> {
    let (mut head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(Status::internal(format!(
            "server: a gRPC request is a POST, not a {}",
            head.method
        )));
    }
    let deadline = match head.headers.remove(&GRPC_TIMEOUT) {
        None => None,
        Some(value) => {
            let timeout = timeout::parse(&value)
                .map_err(|error| Status::internal(format!("server: {error}")))?;
            Some(Deadline::after(timeout))
        }
    };
    let encoding = match head.headers.remove(&GRPC_ENCODING) {
        None => None,
        Some(name) => Encoding::from_header(&name).map_err(|error| unknown_encoding(&error))?,
    };
    let accepted = head.headers.remove(&GRPC_ACCEPT_ENCODING);
    head.headers.remove(&CONTENT_TYPE);
    head.headers.remove(&TE);
    let deframer = Deframer::new(Side::Server, encoding, framing.max_receive_message);
    Ok(Begun {
        context: CallContext::incoming(spec.clone(), deadline, Arc::clone(peer)),
        spec,
        metadata: metadata::from_wire(head.headers),
        extensions: head.extensions,
        incoming: Incoming::request(body, deframer),
        framing,
        encoding: framing.compress.filter(|&wanted| {
            accepted.is_some_and(|list| EncodingSet::from_header(&list).contains(wanted))
        }),
    })
}

/// What answers a request at message level.
pub(crate) trait Handle {
    /// The answer to come.
    type Answer: Future<Output = Result<CallResponse, Status>> + Unpin;
    /// A place among the calls under way, held from before the request is read.
    type Place: Unpin;

    /// Takes a place.
    fn admit(&self) -> Result<Self::Place, Status>;

    /// Starts to answer.
    fn handle(&self, request: CallRequest, place: Self::Place) -> Self::Answer;
}

/// Serves a request: reads it, hands it on, writes the answer.
///
/// Written by hand, because this is in the task of every call: a nest of async functions keeps
/// several copies of the request, and allocating and moving those is what a small call costs.
pub(crate) struct Serve<H: Handle> {
    handle: H,
    framing: Framing,
    encoding: Option<Encoding>,
    deadline: Option<Deadline>,
    state: State<H::Answer, H::Place>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "it is in the task of every call; a box would be one more allocation for each"
)]
enum State<A, P> {
    /// Waiting for the single request message, no longer than the caller waits for the answer.
    Reading {
        begun: Begun,
        place: P,
        message: Option<Payload>,
        /// Made when there is something to wait for, which for most calls there is not.
        timer: Option<Pin<Box<Sleep>>>,
    },
    Answering(A),
    Refused(Status),
    Answered,
}

impl<H: Handle> Serve<H> {
    pub(crate) fn new(begun: Begun, handle: H) -> Self {
        let (framing, encoding) = (begun.framing, begun.encoding);
        let deadline = begun.context.deadline();
        let state = match (handle.admit(), begun.spec.kind().client_streams()) {
            (Err(status), _) => State::Refused(status),
            (Ok(place), true) => State::Answering(handle.handle(begun.streaming(), place)),
            (Ok(place), false) => State::Reading {
                begun,
                place,
                message: None,
                timer: None,
            },
        };
        Self {
            handle,
            framing,
            encoding,
            deadline,
            state,
        }
    }
}

impl Begun {
    /// Makes this the continuation of the call in `context`, where that one is being handled in
    /// this process: it inherits all but a later deadline.
    pub(crate) fn continue_from(&mut self, context: CallContext) {
        self.context = match self.context.deadline() {
            Some(deadline) => context.with_deadline(deadline),
            None => context,
        };
    }

    fn streaming(self) -> CallRequest {
        let messages = Messages::stream(self.incoming);
        request(
            self.spec,
            self.metadata,
            self.context,
            self.extensions,
            messages,
        )
    }

    fn single(self, message: Payload) -> CallRequest {
        let messages = Messages::one(message);
        request(
            self.spec,
            self.metadata,
            self.context,
            self.extensions,
            messages,
        )
    }
}

const fn request(
    spec: Spec,
    metadata: MetadataMap,
    context: CallContext,
    extensions: Extensions,
    messages: Messages,
) -> CallRequest {
    CallRequest {
        spec,
        metadata,
        context,
        messages,
        extensions,
    }
}

impl<H: Handle + Unpin> Future for Serve<H> {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        let this = &mut *self;
        if let State::Reading {
            begun,
            message,
            timer,
            ..
        } = &mut this.state
        {
            if let Err(status) = ready!(poll_only(begun, message, timer, cx)) {
                this.state = State::Answered;
                return Poll::Ready(trailers_only(&status));
            }
            if let State::Reading {
                begun,
                place,
                message: Some(message),
                ..
            } = std::mem::replace(&mut this.state, State::Answered)
            {
                let answer = this.handle.handle(begun.single(message), place);
                this.state = State::Answering(answer);
            }
        }
        let answer = match &mut this.state {
            State::Answering(answer) => ready!(Pin::new(answer).poll(cx)),
            State::Refused(status) => Err(status.clone()),
            State::Reading { .. } | State::Answered => {
                Err(Status::internal("server: a call was polled after its end"))
            }
        };
        this.state = State::Answered;
        Poll::Ready(match answer {
            Ok(response) => {
                let mut response = respond(response, this.framing, this.encoding);
                if let Some(deadline) = this.deadline
                    && !response.body().is_short()
                {
                    // Whoever writes the answer may wait long for a reader: not beyond this.
                    response.extensions_mut().insert(deadline);
                }
                response
            }
            Err(status) => trailers_only(&status),
        })
    }
}

/// Reads the single request message of a method that takes one, and the end behind it.
fn poll_only(
    begun: &mut Begun,
    message: &mut Option<Payload>,
    timer: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Status>> {
    loop {
        let Poll::Ready(next) = begun.incoming.poll_next(cx) else {
            ready!(deadline::poll(begun.context.deadline(), timer, cx));
            return Poll::Ready(Err(deadline::exceeded("server")));
        };
        return Poll::Ready(match next.transpose()? {
            Some(payload) if message.is_none() => {
                *message = Some(payload);
                continue;
            }
            Some(_) => Err(cardinality("more than one request message came")),
            None if message.is_none() => Err(cardinality("no request message came")),
            None => Ok(()),
        });
    }
}

/// gRPC's status table: a violation of cardinality, in either direction, is UNIMPLEMENTED.
fn cardinality(what: &str) -> Status {
    Status::unimplemented(format!(
        "server: {what}; the method takes exactly one (do both sides have the same contract?)"
    ))
}

fn unknown_encoding(error: &impl std::fmt::Display) -> Status {
    let mut status = Status::unimplemented(format!("server: {error}"));
    if let Some(accepted) = EncodingSet::supported().to_header()
        && let Ok(accepted) = accepted.to_str().unwrap_or_default().parse()
    {
        // Reserved to the application, but this status is the library's own.
        status
            .metadata_mut()
            .insert("grpc-accept-encoding", accepted);
    }
    status
}

/// The HTTP response of a call's answer.
fn respond(response: CallResponse, framing: Framing, encoding: Option<Encoding>) -> Response<Body> {
    let compress = encoding.map(|encoding| Compress {
        encoding,
        min_size: COMPRESS_MIN_SIZE,
    });
    let mut headers = HeaderMap::with_capacity(2);
    headers.insert(&CONTENT_TYPE, APPLICATION_GRPC);
    if let Some(encoding) = encoding {
        headers.insert(&GRPC_ENCODING, encoding.to_header());
    }
    metadata::append_user_metadata(response.metadata, &mut headers);
    let body = match response.messages {
        Messages::One(payload, trailers) => {
            match enclose(payload, compress, framing.max_send_message, Side::Server) {
                Ok(framed) => Body::with_trailers(framed, Some(ok(trailers))),
                Err(status) => return trailers_only(&status),
            }
        }
        Messages::Ended(trailers) => Body::with_trailers(bytes::Bytes::new(), Some(ok(trailers))),
        Messages::Stream(messages) => Body::wrap(Outgoing::new(
            messages,
            compress,
            framing.max_send_message,
            Side::Server,
        )),
    };
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response
}

fn ok(trailers: MetadataMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(1);
    status::ok_trailers(&mut headers);
    metadata::append_user_metadata(trailers, &mut headers);
    headers
}
