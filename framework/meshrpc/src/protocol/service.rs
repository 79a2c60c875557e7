//! Services at the level of HTTP: what tower, tonic and axum call a service, of any type.

use std::any::Any;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response, StatusCode, header};
use tonic::Status;
use tower_layer::Layer;
use tower_service::Service;

use super::grpc::server as grpc;
use super::{Body, BodyError};
use crate::codec::envelope::Side;

/// The response of an [`HttpService`].
pub(crate) type HttpFuture = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// What a tower layer of a server or a channel wraps: the rest of it, as a tower service. It never
/// fails: what goes wrong is a response.
#[derive(Clone)]
pub struct HttpService(Arc<dyn Erased>);

impl HttpService {
    /// Any service of tower's kind.
    pub(crate) fn new<S, B>(service: S, side: Side) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        Self(Arc::new(Tower { service, side }))
    }

    /// Whatever answers requests.
    pub(crate) fn from_fn<F>(answer: F) -> Self
    where
        F: Fn(Request<Body>) -> HttpFuture + Send + Sync + 'static,
    {
        Self(Arc::new(answer))
    }

    /// Answers one request.
    pub(crate) fn answer(&self, request: Request<Body>) -> HttpFuture {
        self.0.answer(request)
    }
}

impl Service<Request<Body>> for HttpService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        Answering(self.answer(request))
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpService")
    }
}

/// The future of an [`HttpService`].
#[must_use = "a request is not answered until its future is awaited"]
pub struct Answering(pub(crate) HttpFuture);

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

/// An answer whose panic is an answer, too: it must not take the connection's other streams with
/// it.
pub(crate) struct Caught {
    answer: HttpFuture,
    is_grpc: bool,
}

impl Caught {
    /// The answer of `service` to `request`.
    pub(crate) fn answer(service: &HttpService, request: Request<Body>) -> Self {
        Self {
            is_grpc: grpc::is_grpc_request(&request),
            answer: service.answer(request),
        }
    }
}

impl Future for Caught {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        let answer = self.answer.as_mut();
        catch_unwind(AssertUnwindSafe(|| answer.poll(cx))).unwrap_or_else(|panic| {
            // Never polled again: what is left of it is dropped with this.
            tracing::error!(panic = what(&*panic), "a tower layer or service panicked");
            let text = "server: a tower layer or service panicked; the server's log has the reason";
            Poll::Ready(in_words(&Status::unknown(text), self.is_grpc))
        })
    }
}

/// What a panic said.
pub(super) fn what(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(not a text)")
}

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A service of any type.
trait Erased: Send + Sync + 'static {
    fn answer(&self, request: Request<Body>) -> HttpFuture;
}

impl<F> Erased for F
where
    F: Fn(Request<Body>) -> HttpFuture + Send + Sync + 'static,
{
    fn answer(&self, request: Request<Body>) -> HttpFuture {
        self(request)
    }
}

/// A tower service, cloned for every request: one that has its own limits keeps them in what its
/// clones share.
struct Tower<S> {
    service: S,
    side: Side,
}

impl<S, B> Erased for Tower<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    fn answer(&self, request: Request<Body>) -> HttpFuture {
        let (mut service, side) = (self.service.clone(), self.side);
        Box::pin(async move {
            let is_grpc = grpc::is_grpc_request(&request);
            if let Err(error) = poll_fn(|cx| service.poll_ready(cx)).await {
                return failed(error.into(), side, is_grpc);
            }
            match service.call(request).await {
                Ok(response) => response.map(Body::wrap),
                Err(error) => failed(error.into(), side, is_grpc),
            }
        })
    }
}

/// What the peer hears when a service or layer fails.
fn failed(error: BoxError, side: Side, is_grpc: bool) -> Response<Body> {
    in_words(&status_of(error, side), is_grpc)
}

/// A failure in the language of who asked.
fn in_words(status: &Status, is_grpc: bool) -> Response<Body> {
    if is_grpc {
        return grpc::trailers_only(status);
    }
    let mut response = Response::new(Body::full(format!("{}\n", status.message())));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// The status in an error's chain of causes, where there is one.
fn status_of(error: BoxError, side: Side) -> Status {
    match error.downcast::<Status>() {
        Ok(status) => *status,
        Err(error) => {
            tracing::debug!(%error, "a layer or a service failed");
            let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
            while let Some(error) = cause {
                if let Some(status) = error.downcast_ref::<Status>() {
                    return status.clone();
                }
                cause = error.source();
            }
            match side {
                Side::Client => Status::internal(format!("client: a tower layer failed: {error}")),
                // The cause is for our log: it may name what is none of the caller's business.
                Side::Server => Status::internal("server: a tower layer or service failed"),
            }
        }
    }
}

/// A user's layers around a server or channel, the first one added outermost.
#[derive(Clone, Default)]
pub(crate) struct HttpLayers(Vec<Arc<dyn Fn(HttpService) -> HttpService + Send + Sync>>);

impl HttpLayers {
    pub(crate) fn push<L, B>(&mut self, layer: L, side: Side)
    where
        L: Layer<HttpService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        self.0.push(Arc::new(move |inner| {
            HttpService::new(layer.layer(inner), side)
        }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All layers around `inner`.
    pub(crate) fn around(&self, inner: HttpService) -> HttpService {
        self.0.iter().rev().fold(inner, |inner, layer| layer(inner))
    }
}

impl fmt::Debug for HttpLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpLayers({})", self.0.len())
    }
}
