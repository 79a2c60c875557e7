//! An HTTP body read as messages and an end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http_body::Body as _;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{metadata, status};
use crate::base::{MessageStream, Payload};
use crate::codec::envelope::{Deframer, Side};
use crate::protocol::{Body, body_error_to_status};

/// The messages of an HTTP body.
#[derive(Debug)]
pub(super) struct Incoming {
    body: Body,
    deframer: Deframer,
    side: Side,
    /// No trailers would mean: this status.
    missing_status: Option<Status>,
    trailers: MetadataMap,
    ended: bool,
}

impl Incoming {
    pub(super) fn request(body: Body, deframer: Deframer) -> Self {
        Self::new(body, deframer, Side::Server)
    }

    pub(super) fn response(body: Body, deframer: Deframer, missing_status: Option<Status>) -> Self {
        Self {
            missing_status,
            ..Self::new(body, deframer, Side::Client)
        }
    }

    fn new(body: Body, deframer: Deframer, side: Side) -> Self {
        Self {
            body,
            deframer,
            side,
            missing_status: None,
            trailers: MetadataMap::new(),
            ended: false,
        }
    }

    pub(super) fn trailers(&mut self) -> MetadataMap {
        std::mem::take(&mut self.trailers)
    }

    /// The next message.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        loop {
            match self.deframer.next() {
                Ok(Some(payload)) => return Poll::Ready(Some(Ok(payload))),
                Ok(None) => {}
                Err(status) => return Poll::Ready(Some(Err(self.fail(status)))),
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.deframer.push(data),
                    Err(frame) => {
                        if let Ok(trailers) = frame.into_trailers() {
                            return Poll::Ready(self.end(Some(trailers)).err().map(Err));
                        }
                    }
                },
                Some(Err(error)) => {
                    let status = body_error_to_status(error);
                    return Poll::Ready(Some(Err(self.fail(status))));
                }
                None => return Poll::Ready(self.end(None).err().map(Err)),
            }
        }
    }

    fn fail(&mut self, status: Status) -> Status {
        self.ended = true;
        // The rest is not wanted. On a client this resets the stream; a server still answers.
        self.body = Body::empty();
        status
    }

    /// The body has ended, with or without trailers.
    fn end(&mut self, trailers: Option<HeaderMap>) -> Result<(), Status> {
        self.ended = true;
        let truncated = self.deframer.finish();
        if self.side == Side::Server {
            return truncated;
        }
        let mut trailers = trailers.unwrap_or_default();
        match status::from_trailers(&mut trailers) {
            Some(Ok(())) => {
                truncated?;
                self.trailers = metadata::from_wire(trailers);
                Ok(())
            }
            Some(Err(status)) => Err(status),
            None => {
                let mut status = self.missing_status.take().unwrap_or_else(|| {
                    Status::unknown(
                        "client: the response ended without grpc-status; a proxy may have cut it",
                    )
                });
                *status.metadata_mut() = metadata::from_wire(trailers);
                Err(status)
            }
        }
    }
}

impl MessageStream for Incoming {
    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        self.poll_next(cx)
    }

    fn take_trailers(mut self: Pin<&mut Self>) -> MetadataMap {
        self.trailers()
    }
}
