//! An HTTP request as a call, the call's answer as an HTTP response.

use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use tonic::Status;

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::{
    APPLICATION_GRPC, COMPRESS_MIN_SIZE, CONTENT_TYPE, GRPC_ACCEPT_ENCODING, GRPC_ENCODING,
    GRPC_TIMEOUT, TE, is_grpc, metadata, status, timeout,
};
use crate::base::{
    CallContext, CallRequest, CallResponse, Deadline, Messages, MethodKind, Peer, Spec, rt,
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
    let mut response = Response::new(Body::full(
        "This is a gRPC server: it takes POST requests with content-type application/grpc.\n",
    ));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
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

/// Serves one request of the method `spec`.
pub(crate) async fn serve<F, Fut>(
    spec: Spec,
    request: Request<Body>,
    peer: &Arc<Peer>,
    framing: Framing,
    call: F,
) -> Response<Body>
where
    F: FnOnce(CallRequest) -> Fut,
    Fut: Future<Output = Result<CallResponse, Status>>,
{
    let mut accepted = None;
    match answer(spec, request, peer, framing, &mut accepted, call).await {
        Ok(response) => respond(response, framing, accepted),
        Err(status) => trailers_only(&status),
    }
}

async fn answer<F, Fut>(
    spec: Spec,
    request: Request<Body>,
    peer: &Arc<Peer>,
    framing: Framing,
    accepted: &mut Option<Encoding>,
    call: F,
) -> Result<CallResponse, Status>
where
    F: FnOnce(CallRequest) -> Fut,
    Fut: Future<Output = Result<CallResponse, Status>>,
{
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
    *accepted = match head.headers.remove(&GRPC_ACCEPT_ENCODING) {
        Some(list) if framing.compress.is_some() => framing
            .compress
            .filter(|&wanted| EncodingSet::from_header(&list).contains(wanted)),
        _ => None,
    };
    head.headers.remove(&CONTENT_TYPE);
    head.headers.remove(&TE);

    let deframer = Deframer::new(Side::Server, encoding, framing.max_receive_message);
    let mut incoming = Incoming::request(body, deframer);
    let context = CallContext::incoming(spec.clone(), deadline, Arc::clone(peer));
    let messages = if spec.kind().client_streams() {
        Messages::stream(incoming)
    } else {
        Messages::one(within(deadline, only_message(&mut incoming, spec.kind())).await?)
    };
    call(CallRequest {
        spec,
        metadata: metadata::from_wire(head.headers),
        context,
        messages,
        extensions: head.extensions,
    })
    .await
}

/// The single request of a method that takes one.
async fn only_message(
    incoming: &mut Incoming,
    kind: MethodKind,
) -> Result<crate::base::Payload, Status> {
    debug_assert!(!kind.client_streams());
    let Some(payload) = incoming.next().await.transpose()? else {
        return Err(cardinality("no request message came"));
    };
    match incoming.next().await.transpose()? {
        None => Ok(payload),
        Some(_) => Err(cardinality("more than one request message came")),
    }
}

/// gRPC's status table: a violation of cardinality, in either direction, is UNIMPLEMENTED.
fn cardinality(what: &str) -> Status {
    Status::unimplemented(format!(
        "server: {what}; the method takes exactly one (do both sides have the same contract?)"
    ))
}

/// Waits for a request no longer than its caller waits for the answer.
async fn within<T>(
    deadline: Option<Deadline>,
    work: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    match deadline {
        None => work.await,
        Some(deadline) => rt::timeout_at(deadline.instant(), work)
            .await
            .unwrap_or_else(|| Err(crate::base::deadline::exceeded("server"))),
    }
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

fn ok(trailers: tonic::metadata::MetadataMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(1);
    status::ok_trailers(&mut headers);
    metadata::append_user_metadata(trailers, &mut headers);
    headers
}
