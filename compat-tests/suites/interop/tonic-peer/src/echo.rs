//! Sends the test metadata back: one entry with the headers, one with the trailers.
//!
//! A layer, because a unary handler of tonic has no say in the trailers of a success.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use interop_tonic::{INITIAL_KEY, TRAILING_KEY};
use tower_service::Service;

#[derive(Clone)]
pub(crate) struct Echo<S>(pub(crate) S);

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
pub(crate) struct WithTrailer<B> {
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
