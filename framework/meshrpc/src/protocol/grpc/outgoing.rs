//! Messages and an end, written as an HTTP body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Frame;
use tonic::Status;

use super::{metadata, status};
use crate::base::MessageStream;
use crate::base::limits::COALESCE;
use crate::codec::envelope::{Compress, Side, enclose};

/// A stream of messages as an HTTP body.
pub(super) struct Outgoing {
    messages: Pin<Box<dyn MessageStream>>,
    compress: Option<Compress>,
    limit: usize,
    side: Side,
    /// Messages that were ready together, to leave in one frame.
    batch: BytesMut,
    /// A message too long to be copied into a batch.
    long: Option<Bytes>,
    end: End,
}

enum End {
    NotYet,
    /// Messages before the end are still to be handed over.
    Reached(Result<HeaderMap, Status>),
    Done,
}

/// Messages of this size and more leave on their own, uncopied.
const LONG: usize = COALESCE / 4;

impl Outgoing {
    pub(super) fn new(
        messages: Pin<Box<dyn MessageStream>>,
        compress: Option<Compress>,
        limit: usize,
        side: Side,
    ) -> Self {
        Self {
            messages,
            compress,
            limit,
            side,
            batch: BytesMut::new(),
            long: None,
            end: End::NotYet,
        }
    }

    /// Takes messages until there are enough for a frame, none are ready, or the end is there.
    fn fill(&mut self, cx: &mut Context<'_>) {
        while matches!(self.end, End::NotYet) && self.batch.len() < COALESCE && self.long.is_none()
        {
            match self.messages.as_mut().poll_message(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(payload))) => {
                    match enclose(payload, self.compress, self.limit, self.side) {
                        Ok(framed) if framed.len() >= LONG => self.long = Some(framed),
                        Ok(framed) => {
                            if self.batch.capacity() == 0 {
                                self.batch.reserve(framed.len().max(COALESCE / 8));
                            }
                            self.batch.extend_from_slice(&framed);
                        }
                        Err(status) => self.end = End::Reached(Err(status)),
                    }
                }
                Poll::Ready(Some(Err(status))) => self.end = End::Reached(Err(status)),
                Poll::Ready(None) => {
                    let trailers = self.messages.as_mut().take_trailers();
                    let mut headers = HeaderMap::with_capacity(1);
                    status::ok_trailers(&mut headers);
                    metadata::append_user_metadata(trailers, &mut headers);
                    self.end = End::Reached(Ok(headers));
                }
            }
        }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.fill(cx);
        if !self.batch.is_empty() {
            let batch = self.batch.split().freeze();
            return Poll::Ready(Some(Ok(Frame::data(batch))));
        }
        if let Some(long) = self.long.take() {
            return Poll::Ready(Some(Ok(Frame::data(long))));
        }
        match std::mem::replace(&mut self.end, End::Done) {
            End::NotYet => {
                self.end = End::NotYet;
                Poll::Pending
            }
            End::Done => Poll::Ready(None),
            End::Reached(end) => Poll::Ready(match (self.side, end) {
                (Side::Server, Ok(trailers)) => Some(Ok(Frame::trailers(trailers))),
                (Side::Server, Err(status)) => {
                    let mut trailers = HeaderMap::with_capacity(2);
                    status::to_trailers(&status, &mut trailers);
                    Some(Ok(Frame::trailers(trailers)))
                }
                (Side::Client, Ok(_)) => None,
                // A request has no way to say "failed" but to be reset.
                (Side::Client, Err(status)) => Some(Err(status)),
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.side == Side::Client
            && self.batch.is_empty()
            && self.long.is_none()
            && matches!(self.end, End::Done | End::Reached(Ok(_)))
    }
}
