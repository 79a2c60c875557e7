//! Sends the test metadata back: one entry with the headers, one with the trailers.
//!
//! A layer, because a unary handler of tonic has no say in the trailers of a success.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::{INITIAL_KEY, TRAILING_KEY};
use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use tonic::server::NamedService;
use tower_service::Service;

/// The service that sends test metadata back for the one within.
#[derive(Debug, Clone)]
pub struct Echo<S>(pub S);

impl<S: NamedService> NamedService for Echo<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, Q, R> Service<Request<Q>> for Echo<S>
where
    S: Service<Request<Q>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: Body + Unpin,
{
    type Response = Response<WithTrailer<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let initial = request.headers().get(INITIAL_KEY).cloned();
        let trailer = request.headers().get(TRAILING_KEY).cloned();
        let answer = self.0.call(request);
        Box::pin(async move {
            let mut response = answer.await?.map(|body| WithTrailer { body, trailer });
            if let Some(value) = initial {
                response.headers_mut().insert(INITIAL_KEY, value);
            }
            Ok(response)
        })
    }
}

/// A body whose trailers carry one entry more.
#[derive(Debug)]
pub struct WithTrailer<B> {
    body: B,
    trailer: Option<HeaderValue>,
}

impl<B: Body + Unpin> Body for WithTrailer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &mut polled
            && let Some(trailers) = frame.trailers_mut()
            && let Some(value) = self.trailer.take()
        {
            trailers.insert(TRAILING_KEY, value);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
