//! A call as an HTTP request, an HTTP response as the call's answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, Version};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::{
    APPLICATION_GRPC, COMPRESS_MIN_SIZE, CONTENT_TYPE, GRPC_ACCEPT_ENCODING, GRPC_ENCODING,
    GRPC_TIMEOUT, TE, http_status, is_grpc, metadata, status, timeout,
};
use crate::base::{
    CallContext, CallRequest, CallResponse, Limits, Messages, MethodKind, Payload, Spec,
};
use crate::codec::Encoding;
use crate::codec::compression::EncodingSet;
use crate::codec::envelope::{Compress, Deframer, Side, enclose};
use crate::protocol::Body;

/// What a channel says about itself in every request.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    pub(crate) user_agent: HeaderValue,
}

/// A call without its messages: what every repetition of it has in common.
#[derive(Debug)]
pub(crate) struct CallHead {
    pub(crate) spec: Spec,
    pub(crate) metadata: MetadataMap,
    pub(crate) context: CallContext,
    pub(crate) extensions: http::Extensions,
}

/// The head and the HTTP request's body of a call.
pub(crate) fn split(call: CallRequest, limits: &Limits) -> Result<(CallHead, Body), Status> {
    let head = CallHead {
        spec: call.spec,
        metadata: call.metadata,
        context: call.context,
        extensions: call.extensions,
    };
    let body = body(&head, call.messages, limits)?;
    Ok((head, body))
}

/// The head of a call's HTTP request. It can be made anew for each attempt.
pub(crate) fn head(identity: &Identity, call: &CallHead) -> Result<Request<()>, Status> {
    let encoding = call.extensions.get::<Encoding>().copied();
    let accepted = EncodingSet::supported();

    let mut headers = HeaderMap::with_capacity(6);
    set_timeout(call, &mut headers);
    headers.insert(&TE, HeaderValue::from_static("trailers"));
    headers.insert(&CONTENT_TYPE, APPLICATION_GRPC);
    headers.insert(http::header::USER_AGENT, identity.user_agent.clone());
    if let Some(encoding) = encoding {
        headers.insert(&GRPC_ENCODING, encoding.to_header());
    }
    if let Some(accepted) = accepted.to_header() {
        headers.insert(&GRPC_ACCEPT_ENCODING, accepted);
    }
    metadata::append_user_metadata_ref(&call.metadata, &mut headers);

    let path = call.spec.path_and_query().ok_or_else(|| {
        Status::internal(format!(
            "client: the method's path {:?} can't stand in a request",
            call.spec.path()
        ))
    })?;
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(identity.scheme.clone());
    uri.authority = Some(identity.authority.clone());
    uri.path_and_query = Some(path);

    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| {
        Status::internal(format!("the target can't stand in a request: {error}"))
    })?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Tells the server how much time is left.
pub(crate) fn set_timeout(call: &CallHead, headers: &mut HeaderMap) {
    if let Some(deadline) = call.context.deadline() {
        headers.insert(&GRPC_TIMEOUT, timeout::format(deadline.remaining()));
    }
}

fn body(call: &CallHead, messages: Messages, limits: &Limits) -> Result<Body, Status> {
    let encoding = call.extensions.get::<Encoding>().copied();
    let compress = encoding.map(|encoding| Compress {
        encoding,
        min_size: COMPRESS_MIN_SIZE,
    });
    Ok(match messages {
        Messages::One(payload, _) => Body::full(enclose(
            payload,
            compress,
            limits.max_send_message,
            Side::Client,
        )?),
        Messages::Stream(messages) => Body::wrap(Outgoing::new(
            messages,
            compress,
            limits.max_send_message,
            Side::Client,
        )),
        Messages::Ended(_) => Body::empty(),
    })
}

/// The answer that an HTTP response carries. For methods with one response message it is read
/// to its end, so that everything above knows how the call went.
pub(crate) fn response(kind: MethodKind, response: Response<Body>, limits: &Limits) -> Answer {
    Answer(match begin(kind, response, limits) {
        Ok(state) => state,
        Err(status) => State::Known(Some(Err(status))),
    })
}

/// An answer that is being read. Written by hand, because it is in the future of every call.
pub(crate) struct Answer(State);

#[expect(
    clippy::large_enum_variant,
    reason = "it is in the future of every call; a box would be one more allocation for each"
)]
enum State {
    Known(Option<Result<CallResponse, Status>>),
    Reading {
        metadata: MetadataMap,
        incoming: Incoming,
        message: Option<Payload>,
    },
}

fn begin(kind: MethodKind, response: Response<Body>, limits: &Limits) -> Result<State, Status> {
    let (mut head, body) = response.into_parts();
    let missing_status = check_head(&head)?;
    // A response that ends with its headers has its status there (Trailers-Only). A status in
    // headers that a body follows means nothing.
    if http_body::Body::is_end_stream(&body) {
        head.headers.remove(&GRPC_ENCODING);
        head.headers.remove(&GRPC_ACCEPT_ENCODING);
        let answer = trailers_only(head.headers, missing_status, kind);
        return Ok(State::Known(Some(answer)));
    }
    let mut compressed = None;
    // Most heads have nothing but the content-type.
    if head.headers.len() > 1 || missing_status.is_some() {
        if let Some(name) = head.headers.remove(&GRPC_ENCODING) {
            compressed = encoding(&name)?;
        }
        head.headers.remove(&GRPC_ACCEPT_ENCODING);
        head.headers.remove(&status::GRPC_STATUS);
        head.headers.remove(&CONTENT_TYPE);
    } else {
        head.headers.clear();
    }
    let metadata = metadata::from_wire(head.headers);
    let deframer = Deframer::new(Side::Client, compressed, limits.max_receive_message);
    let incoming = Incoming::response(body, deframer, missing_status);
    if kind.server_streams() {
        let response = CallResponse::new(metadata, Messages::stream(incoming));
        return Ok(State::Known(Some(Ok(response))));
    }
    Ok(State::Reading {
        metadata,
        incoming,
        message: None,
    })
}

impl Future for Answer {
    type Output = Result<CallResponse, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let end = match &mut this.0 {
            State::Known(answer) => answer.take().unwrap_or_else(|| {
                Err(Status::internal("client: a call was polled after its end"))
            }),
            State::Reading {
                metadata,
                incoming,
                message,
            } => loop {
                match ready!(incoming.poll_next(cx)) {
                    Some(Ok(payload)) if message.is_none() => *message = Some(payload),
                    Some(Ok(_)) => {
                        let status = cardinality("more than one response message came");
                        break Err(behind(std::mem::take(metadata), status));
                    }
                    Some(Err(status)) => break Err(behind(std::mem::take(metadata), status)),
                    None => {
                        break match message.take() {
                            Some(payload) => Ok(CallResponse::new(
                                std::mem::take(metadata),
                                Messages::One(payload, incoming.trailers()),
                            )),
                            None => Err(cardinality("no response message came with status OK")),
                        };
                    }
                }
            },
        };
        this.0 = State::Known(None);
        Poll::Ready(end)
    }
}

/// A call that has one response and failed is a status and nothing else: the initial metadata
/// that came before it would be lost, so it stands in the status, before the trailers.
fn behind(metadata: MetadataMap, mut status: Status) -> Status {
    if !metadata.is_empty() {
        let mut headers = metadata.into_headers();
        for (name, value) in status.metadata().as_ref() {
            headers.append(name, value.clone());
        }
        *status.metadata_mut() = MetadataMap::from_headers(headers);
    }
    status
}

/// A response that consists of headers alone: they are trailers.
fn trailers_only(
    mut headers: HeaderMap,
    missing: Option<Status>,
    kind: MethodKind,
) -> Result<CallResponse, Status> {
    headers.remove(&CONTENT_TYPE);
    match status::from_trailers(&mut headers) {
        Some(Err(status)) => Err(status),
        Some(Ok(())) if kind.server_streams() => Ok(CallResponse::new(
            MetadataMap::new(),
            Messages::ended(metadata::from_wire(headers)),
        )),
        Some(Ok(())) => Err(cardinality("no response message came with status OK")),
        None => {
            let mut status = missing.unwrap_or_else(|| {
                Status::unknown(
                    "client: the response ended with its headers and without grpc-status",
                )
            });
            *status.metadata_mut() = metadata::from_wire(headers);
            Err(status)
        }
    }
}

/// gRPC's status table: a violation of cardinality, in either direction, is UNIMPLEMENTED.
fn cardinality(what: &str) -> Status {
    Status::unimplemented(format!(
        "client: {what}; the method has exactly one (do both sides have the same contract?)"
    ))
}

/// What a missing `grpc-status` would mean for this head; an error if no gRPC can follow.
fn check_head(head: &http::response::Parts) -> Result<Option<Status>, Status> {
    let content_type = head.headers.get(&CONTENT_TYPE);
    if head.status == http::StatusCode::OK && content_type.is_some_and(is_grpc) {
        return Ok(None);
    }
    let status = http_status::without_grpc_status(head.status, content_type);
    if head.headers.contains_key(&status::GRPC_STATUS) && content_type.is_some_and(is_grpc) {
        return Ok(Some(status));
    }
    Err(status)
}

fn encoding(name: &HeaderValue) -> Result<Option<Encoding>, Status> {
    Encoding::from_header(name).map_err(|error| {
        Status::new(
            Code::Internal,
            format!("client: the response is compressed in a way that was not offered: {error}"),
        )
    })
}
