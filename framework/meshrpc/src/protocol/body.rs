//! The body of an HTTP exchange: one concrete type for everything that crosses the seam
//! between protocols and transports.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::Status;

use super::service::what;
use crate::base::limits::COALESCE;
use crate::transport::Http2Body;

/// The error of a body that broke off.
pub(crate) type BodyError = Box<dyn Error + Send + Sync>;

/// The status of a body that broke off: its own, where it has one.
pub(crate) fn body_error_to_status(error: BodyError) -> Status {
    match error.downcast::<Status>() {
        Ok(status) => *status,
        Err(error) => {
            let mut status = Status::unavailable(format!("the body broke off: {error}"));
            status.set_source(error.into());
            status
        }
    }
}

/// The body of an HTTP request or response; trailers are frames.
///
/// It implements [`http_body::Body`], so that tower layers, tonic and axum can carry it; use
/// [`Body::wrap`] for theirs.
pub struct Body(Kind);

pub(crate) enum Kind {
    Empty,
    /// All there is, known at once. The transport writes it without polling.
    Full {
        data: Bytes,
        trailers: Option<HeaderMap>,
    },
    /// Straight from our HTTP/2 engine.
    Http2(Http2Body),
    Boxed(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError> + Send>>),
}

impl Body {
    /// No bytes, no trailers.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// These bytes and no trailers.
    pub fn full(data: impl Into<Bytes>) -> Self {
        Self::with_trailers(data.into(), None)
    }

    /// Any other body.
    pub fn wrap<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        let mut body = Some(body);
        // One of ours that went through a generic layer stays what it was: the transport writes
        // it without polling.
        let ours = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>();
        if let Some(ours) = ours.and_then(Option::take) {
            return ours;
        }
        match body {
            // The difference is on the wire: headers that end the stream can be a whole answer.
            Some(body) if !body.is_end_stream() => Self(Kind::Boxed(Box::pin(MapError(body)))),
            _ => Self::empty(),
        }
    }

    pub(crate) const fn with_trailers(data: Bytes, trailers: Option<HeaderMap>) -> Self {
        Self(Kind::Full { data, trailers })
    }

    pub(crate) const fn http2(body: Http2Body) -> Self {
        Self(Kind::Http2(body))
    }

    /// Whether it is known at once and small enough to be written without waiting.
    pub(crate) fn is_short(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full { data, .. } => data.len() <= COALESCE,
            Kind::Http2(_) | Kind::Boxed(_) => false,
        }
    }

    /// Whether there is nothing to send at all.
    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    /// The same body once more, if it is all there: its bytes are shared.
    #[cfg(feature = "client")]
    pub(crate) fn shared(&self) -> Option<Self> {
        match &self.0 {
            Kind::Empty => Some(Self::empty()),
            Kind::Full {
                data,
                trailers: None,
            } => Some(Self::with_trailers(data.clone(), None)),
            _ => None,
        }
    }

    pub(crate) const fn from_kind(kind: Kind) -> Self {
        Self(kind)
    }

    pub(crate) fn into_kind(self) -> Kind {
        self.0
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full { data, trailers } => {
                let frame = if data.is_empty() {
                    trailers.take().map(Frame::trailers)
                } else {
                    Some(Frame::data(std::mem::take(data)))
                };
                Poll::Ready(frame.map(Ok))
            }
            Kind::Http2(body) => Poll::Ready(
                ready!(body.poll_frame(cx)).map(|frame| frame.map_err(|error| error.into())),
            ),
            Kind::Boxed(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full { data, trailers } => data.is_empty() && trailers.is_none(),
            Kind::Http2(body) => body.is_end_stream(),
            Kind::Boxed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full { data, .. } => SizeHint::with_exact(data.len() as u64),
            Kind::Http2(_) => SizeHint::default(),
            Kind::Boxed(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Empty => "Body(empty)",
            Kind::Full { .. } => "Body(full)",
            Kind::Http2(_) => "Body(http2)",
            Kind::Boxed(_) => "Body(boxed)",
        })
    }
}

pin_project_lite::pin_project! {
    /// A foreign body with our error type.
    struct MapError<B> {
        #[pin]
        body: B,
    }
}

#[allow(
    non_snake_case,
    reason = "reads as the constructor of the struct above"
)]
fn MapError<B>(body: B) -> MapError<B> {
    MapError { body }
}

impl<B> http_body::Body for MapError<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let body = self.project().body;
        // A panic ends this body, and not the task that it shares with others.
        match catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) {
            Ok(frame) => Poll::Ready(ready!(frame).map(|frame| frame.map_err(Into::into))),
            Err(panic) => {
                tracing::error!(panic = what(&*panic), "a body panicked");
                // As a handler that panics: UNAVAILABLE would ask for a repetition.
                Poll::Ready(Some(Err(Status::unknown(
                    "the stream that was to be sent panicked; the log has the reason",
                )
                .into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
