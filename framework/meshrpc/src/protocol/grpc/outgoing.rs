//! Messages and an end, written as an HTTP body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tonic::Status;

use super::{metadata, status};
use crate::base::{Batch, MessageStream};
use crate::codec::envelope::{Compress, Side, enclose};

/// A stream of messages as an HTTP body.
pub(super) struct Outgoing {
    messages: Pin<Box<dyn MessageStream>>,
    compress: Option<Compress>,
    limit: usize,
    side: Side,
    /// Messages that were ready together, to leave in one frame.
    batch: Batch,
    /// How long the batch was when it was last left to grow.
    grown_to: usize,
    end: End,
}

enum End {
    NotYet,
    /// Messages before the end are still to be handed over.
    Reached(Result<HeaderMap, Status>),
    Done,
}

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
            batch: Batch::new(limit),
            grown_to: 0,
            end: End::NotYet,
        }
    }

    /// Takes messages until there are enough for a frame, none are ready, or the end is there.
    fn fill(&mut self, cx: &mut Context<'_>) {
        while matches!(self.end, End::NotYet) && !self.batch.is_full() {
            let more = match self.compress {
                None => self.messages.as_mut().poll_batch(cx, &mut self.batch),
                Some(compress) => self.poll_compressed(compress, cx),
            };
            match more {
                Poll::Pending => return,
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) => {
                    let trailers = self.messages.as_mut().take_trailers();
                    let mut headers = HeaderMap::with_capacity(1);
                    status::ok_trailers(&mut headers);
                    metadata::append_user_metadata(trailers, &mut headers);
                    self.end = End::Reached(Ok(headers));
                }
                Poll::Ready(Err(status)) => self.end = End::Reached(Err(status)),
            }
        }
    }

    /// Whether to wait for other tasks to have their turn before a batch leaves: one of them may
    /// be about to produce more (a channel's other end). It is left alone for as long as that
    /// makes it grow.
    fn is_growing(&mut self) -> bool {
        let len = self.batch.len();
        let grows = matches!(self.end, End::NotYet) && !self.batch.is_full() && len > self.grown_to;
        self.grown_to = len;
        grows
    }

    fn poll_compressed(
        &mut self,
        compress: Compress,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Status>> {
        let Some(payload) = ready!(self.messages.as_mut().poll_message(cx)) else {
            return Poll::Ready(Ok(false));
        };
        let framed = enclose(payload?, Some(compress), self.limit, self.side)?;
        self.batch.push_framed(framed);
        Poll::Ready(Ok(true))
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
        if self.is_growing() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(piece) = self.batch.take() {
            self.grown_to = 0;
            return Poll::Ready(Some(Ok(Frame::data(piece))));
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
            && matches!(self.end, End::Done | End::Reached(Ok(_)))
    }
}
