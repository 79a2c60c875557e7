//! From an encoded call to a handler and back, one function a kind; what generated code calls.

use std::sync::Arc;

use tonic::codec::SingleMessageCompressionOverride;
use tonic::{Request, Response, Status};

use super::handler;
use crate::base::extensions::Trailers;
use crate::base::{CallFuture, CallRequest, CallResponse, Messages, Payload};
use crate::codec::HandlerEnd;
use crate::codec::{self, Codec, Compressed, Receiver, Sender, Uncompressed};

/// A unary handler.
pub fn unary<C, T, Req, Res, F, Fut>(
    _: C,
    service: &Arc<T>,
    request: CallRequest,
    handler: F,
) -> CallFuture
where
    T: Send + Sync + 'static,
    C: Codec<Req> + Codec<Res>,
    Req: Send + 'static,
    Res: Send + 'static,
    F: FnOnce(Arc<T>, Request<Req>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Response<Res>, Status>> + Send + 'static,
{
    let service = Arc::clone(service);
    Box::pin(async move {
        let request = one_request::<C, Req>(request).await?;
        one_response::<C, Res>(handler(service, request).await?)
    })
}

/// A server-streaming handler.
pub fn server_streaming<C, T, Req, Res, F, Fut>(
    _: C,
    service: &Arc<T>,
    request: CallRequest,
    handler: F,
) -> CallFuture
where
    T: Send + Sync + 'static,
    C: Codec<Req> + Codec<Res>,
    Req: Send + 'static,
    Res: Send + 'static,
    F: FnOnce(Arc<T>, Request<Req>, Sender<Res>) -> Fut + Send + 'static,
    Fut: Future<Output = HandlerEnd> + Send + 'static,
{
    let service = Arc::clone(service);
    Box::pin(async move {
        let request = one_request::<C, Req>(request).await?;
        handler::answer::<C, Res, _, _>(|sender| handler(service, request, sender)).await
    })
}

/// A client-streaming handler.
pub fn client_streaming<C, T, Req, Res, F, Fut>(
    _: C,
    service: &Arc<T>,
    request: CallRequest,
    handler: F,
) -> CallFuture
where
    T: Send + Sync + 'static,
    C: Codec<Req> + Codec<Res>,
    Req: Send + 'static,
    Res: Send + 'static,
    F: FnOnce(Arc<T>, Request<Receiver<Req>>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Response<Res>, Status>> + Send + 'static,
{
    let service = Arc::clone(service);
    Box::pin(async move {
        let request = stream_request::<C, Req>(request);
        one_response::<C, Res>(handler(service, request).await?)
    })
}

/// A bidirectional handler.
pub fn bidi_streaming<C, T, Req, Res, F, Fut>(
    _: C,
    service: &Arc<T>,
    request: CallRequest,
    handler: F,
) -> CallFuture
where
    T: Send + Sync + 'static,
    C: Codec<Req> + Codec<Res>,
    Req: Send + 'static,
    Res: Send + 'static,
    F: FnOnce(Arc<T>, Request<Receiver<Req>>, Sender<Res>) -> Fut + Send + 'static,
    Fut: Future<Output = HandlerEnd> + Send + 'static,
{
    let service = Arc::clone(service);
    Box::pin(async move {
        let request = stream_request::<C, Req>(request);
        handler::answer::<C, Res, _, _>(|sender| handler(service, request, sender)).await
    })
}

/// A method that the service does not have.
pub fn unimplemented(request: CallRequest) -> CallFuture {
    let status = unimplemented_method(request.spec.path());
    Box::pin(std::future::ready(Err(status)))
}

/// The status of a method that is not implemented.
pub fn unimplemented_method(path: &str) -> Status {
    Status::unimplemented(format!("server: {path} is not implemented here"))
}

async fn one_request<C: Codec<M>, M>(mut request: CallRequest) -> Result<Request<M>, Status> {
    let payload = match request.messages {
        Messages::One(payload, _) => payload,
        ref mut messages => only(messages).await?,
    };
    let mut extensions = request.extensions;
    if payload.was_compressed() {
        extensions.insert(Compressed);
    }
    let message = codec::decode(C::decode, payload)?;
    Ok(Request::from_parts(request.metadata, extensions, message))
}

/// The only message of a request that did not come from a protocol, which checks this itself.
async fn only(messages: &mut Messages) -> Result<Payload, Status> {
    let first = messages.next().await.transpose()?;
    match (first, messages.next().await.transpose()?) {
        (Some(payload), None) => Ok(payload),
        _ => Err(Status::unimplemented(
            "server: the method takes exactly one request message",
        )),
    }
}

fn stream_request<C: Codec<M>, M>(request: CallRequest) -> Request<Receiver<M>> {
    Request::from_parts(
        request.metadata,
        request.extensions,
        Receiver::for_handler::<C>(request.messages),
    )
}

fn one_response<C: Codec<M>, M>(response: Response<M>) -> Result<CallResponse, Status> {
    let (metadata, message, mut extensions) = response.into_parts();
    let mut payload = codec::encode::<C, M>(&message)?;
    let mut trailers = None;
    if !extensions.is_empty() {
        // Ours, or what `tonic::Response::disable_compression` leaves.
        let theirs = extensions.get::<SingleMessageCompressionOverride>();
        if extensions.get::<Uncompressed>().is_some()
            || theirs == Some(&SingleMessageCompressionOverride::Disable)
        {
            payload = payload.never_compress();
        }
        trailers = extensions.remove::<Trailers>();
    }
    let trailers = trailers.map_or_else(Default::default, |Trailers(trailers)| trailers);
    Ok(CallResponse::new(
        metadata,
        Messages::One(payload, trailers),
    ))
}
