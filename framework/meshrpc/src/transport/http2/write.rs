//! Writing a body to an HTTP/2 stream, no faster than the peer takes it.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::SendStream;
use http_body::Body as _;

use crate::protocol::{Body, BodyError, Kind};

/// A body of up to this size is handed to `h2` at once; it fits the send buffer of a stream.
pub(super) const AT_ONCE: usize = 16 * 1024;

/// How writing a body ended early.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The peer reset the stream.
    Reset,
    /// The connection failed.
    Connection(h2::Error),
    /// The body itself failed; the stream was reset.
    Body(BodyError),
}

impl From<h2::Error> for WriteError {
    fn from(error: h2::Error) -> Self {
        match error.reason() {
            Some(_) if error.is_reset() => Self::Reset,
            _ => Self::Connection(error),
        }
    }
}

/// Writes `body` and ends the stream, if all of it is there and short: then there is nothing to
/// wait for. Gives the body back otherwise.
pub(crate) fn write_at_once(
    stream: &mut SendStream<Bytes>,
    body: Body,
) -> Result<Option<Body>, WriteError> {
    match body.into_kind() {
        Kind::Empty => stream.send_data(Bytes::new(), true)?,
        Kind::Full { data, trailers } if data.len() <= AT_ONCE => match trailers {
            None => stream.send_data(data, true)?,
            Some(trailers) => {
                if !data.is_empty() {
                    stream.send_data(data, false)?;
                }
                stream.send_trailers(trailers)?;
            }
        },
        kind => return Ok(Some(Body::from_kind(kind))),
    }
    Ok(None)
}

/// Writes `body` and ends the stream, as the peer's window allows.
pub(crate) async fn write_body(
    stream: &mut SendStream<Bytes>,
    body: Body,
) -> Result<(), WriteError> {
    let Some(body) = write_at_once(stream, body)? else {
        return Ok(());
    };
    match body.into_kind() {
        Kind::Full { data, trailers } => {
            send_data(stream, data, trailers.is_none()).await?;
            match trailers {
                None => Ok(()),
                Some(trailers) => Ok(stream.send_trailers(trailers)?),
            }
        }
        kind => write_stream(stream, &mut Body::from_kind(kind), &mut false).await,
    }
}

/// Writes a body frame by frame and ends the stream. Says whether anything was taken from it.
pub(super) async fn write_stream(
    stream: &mut SendStream<Bytes>,
    body: &mut Body,
    touched: &mut bool,
) -> Result<(), WriteError> {
    loop {
        let frame = poll_fn(|cx| poll_frame_or_reset(stream, body, cx)).await?;
        *touched = true;
        let Some(frame) = frame else {
            return Ok(stream.send_data(Bytes::new(), true)?);
        };
        match frame.into_data() {
            Ok(data) => {
                let last = body.is_end_stream();
                send_data(stream, data, last).await?;
                if last {
                    return Ok(());
                }
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    return Ok(stream.send_trailers(trailers)?);
                }
            }
        }
    }
}

type Frame = http_body::Frame<Bytes>;

/// The body's next frame; the peer's reset ends the wait for it, and so the producer's work.
fn poll_frame_or_reset(
    stream: &mut SendStream<Bytes>,
    body: &mut Body,
    cx: &mut Context<'_>,
) -> Poll<Result<Option<Frame>, WriteError>> {
    match Pin::new(body).poll_frame(cx) {
        Poll::Ready(frame) => Poll::Ready(match frame.transpose() {
            Ok(frame) => Ok(frame),
            // Whoever writes knows how to end the stream.
            Err(error) => Err(WriteError::Body(error)),
        }),
        Poll::Pending => match ready!(stream.poll_reset(cx)) {
            Ok(_) => Poll::Ready(Err(WriteError::Reset)),
            Err(error) => Poll::Ready(Err(error.into())),
        },
    }
}

/// Sends `data` as the peer's window allows.
async fn send_data(
    stream: &mut SendStream<Bytes>,
    data: Bytes,
    end: bool,
) -> Result<(), WriteError> {
    if data.is_empty() {
        return Ok(stream.send_data(data, end)?);
    }
    // The bytes are in memory already: once the peer takes anything of the stream, `h2` may have
    // all of them, and cuts them as the windows allow. What comes next waits until they are gone.
    stream.reserve_capacity(data.len());
    poll_fn(|cx| poll_capacity(stream, cx)).await?;
    Ok(stream.send_data(data, end)?)
}

fn poll_capacity(
    stream: &mut SendStream<Bytes>,
    cx: &mut Context<'_>,
) -> Poll<Result<usize, WriteError>> {
    loop {
        if let available @ 1.. = stream.capacity() {
            return Poll::Ready(Ok(available));
        }
        match ready!(stream.poll_capacity(cx)) {
            Some(Ok(0)) => {}
            Some(Ok(capacity)) => return Poll::Ready(Ok(capacity)),
            Some(Err(error)) => return Poll::Ready(Err(error.into())),
            // No more capacity will come: the stream is closed; ask why.
            None => {
                return match stream.poll_reset(cx) {
                    Poll::Ready(Ok(_)) => Poll::Ready(Err(WriteError::Reset)),
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
                    Poll::Pending => Poll::Ready(Err(WriteError::Reset)),
                };
            }
        }
    }
}
