//! The receiving half of an HTTP/2 stream.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use http_body::Frame;
use tonic::Status;

use super::client::Calls;
use super::exchange::Uploading;
use crate::transport::h2_errors::status_from_h2;

/// Consumed bytes are given back to the peer's window in portions of this size: giving back
/// each small message's bytes would take the connection's lock once more per message, and the
/// rest returns by itself when the stream goes. Small enough that a thousand streams together
/// can't hold the connection's window.
const RELEASE: usize = 4 * 1024;

/// The receiving half of an HTTP/2 stream. Dropping it tells the peer to stop sending.
#[derive(Debug)]
pub(crate) struct Http2Body {
    stream: RecvStream,
    unreleased: usize,
    state: State,
    /// Trailers matter (a response) or are read over (a request).
    with_trailers: bool,
    /// Sends the request's body for as long as somebody reads the response.
    upload: Option<Uploading>,
    /// Counts as a call of its connection.
    _call: Option<Calls>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Data,
    Trailers,
    Ended,
}

impl Http2Body {
    /// The body of a request.
    pub(crate) fn request(stream: RecvStream) -> Self {
        Self::new(stream, false, None, None)
    }

    /// The body of a response.
    pub(super) fn response(stream: RecvStream, upload: Option<Uploading>, call: Calls) -> Self {
        Self::new(stream, true, upload, Some(call))
    }

    fn new(
        stream: RecvStream,
        with_trailers: bool,
        upload: Option<Uploading>,
        call: Option<Calls>,
    ) -> Self {
        Self {
            stream,
            unreleased: 0,
            state: State::Data,
            with_trailers,
            upload,
            _call: call,
        }
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(self.poll(cx));
        Poll::Ready(frame.map(|frame| frame.map_err(|error| self.failed(error))))
    }

    /// Why the body broke off. The request's own failure explains more than the reset that it
    /// led to.
    fn failed(&mut self, error: h2::Error) -> Status {
        let own = match &mut self.upload {
            Some(upload) if error.is_reset() && !error.is_remote() => upload.failure(),
            _ => None,
        };
        own.unwrap_or_else(|| status_from_h2(error))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if self.state == State::Data {
            match ready!(self.stream.poll_data(cx)) {
                Some(Ok(data)) => {
                    self.consumed(data.len())?;
                    if !self.with_trailers && self.stream.is_end_stream() {
                        self.state = State::Ended;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Some(Err(error)) => {
                    self.state = State::Ended;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.state = if self.with_trailers {
                        State::Trailers
                    } else {
                        State::Ended
                    };
                }
            }
        }
        if self.state == State::Trailers {
            let trailers = ready!(self.stream.poll_trailers(cx));
            self.state = State::Ended;
            return Poll::Ready(trailers.transpose().map(|t| t.map(Frame::trailers)));
        }
        Poll::Ready(None)
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.state == State::Ended || self.stream.is_end_stream()
    }

    fn consumed(&mut self, len: usize) -> Result<(), h2::Error> {
        self.unreleased += len;
        if self.unreleased >= RELEASE {
            let len = std::mem::take(&mut self.unreleased);
            self.stream.flow_control().release_capacity(len)?;
        }
        Ok(())
    }
}
