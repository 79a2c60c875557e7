//! Where a typed sender leaves encoded messages and their puller takes them.
//!
//! One bounded buffer, shared by a [`Sender`](super::Sender) and a [`MessageStream`]. Messages are
//! encoded straight into it, each behind its envelope, so that those that are ready together
//! leave together without being touched again. A handler's outbox is emptied by the task that
//! runs the handler, so its lock is never contended; a client's stands between the caller's task
//! and the call's.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::base::limits::COALESCE;
use crate::base::payload::{ENVELOPE, envelope_len, write_envelope};
use crate::base::{Batch, Deadline, MessageStream, Payload, deadline};

/// The flag byte, in here, of a message that must not be compressed.
const NEVER_COMPRESS: u8 = 0x80;

/// The shared buffer.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Messages in their envelopes, one behind the other.
    framed: BytesMut,
    /// The longest message in there.
    longest: usize,
    /// Whether one of them is marked by [`NEVER_COMPRESS`].
    marked: bool,
    /// Initial metadata, handed over by the first message or an explicit flush.
    headers: Headers,
    sender: SenderState,
    /// Set once nobody takes messages any more: what `send` answers.
    closed: Option<Status>,
    waiting_sender: Option<Waker>,
    waiting_puller: Option<Waker>,
}

#[derive(Debug, Default)]
enum Headers {
    #[default]
    Held,
    Released(MetadataMap),
    Taken,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum SenderState {
    #[default]
    Open,
    Finished,
    Dropped,
}

impl State {
    fn wake_puller(&mut self) {
        if let Some(waker) = self.waiting_puller.take() {
            waker.wake();
        }
    }

    fn wake_sender(&mut self) {
        if let Some(waker) = self.waiting_sender.take() {
            waker.wake();
        }
    }

    fn pop(&mut self) -> Option<Payload> {
        if self.framed.is_empty() {
            return None;
        }
        let total = ENVELOPE + envelope_len(&self.framed);
        let marked = std::mem::take(&mut self.framed[0]) == NEVER_COMPRESS;
        let payload = Payload::from_framed(self.framed.split_to(total).freeze());
        if self.framed.is_empty() {
            self.emptied();
        }
        Some(if marked {
            payload.never_compress()
        } else {
            payload
        })
    }

    fn emptied(&mut self) {
        self.longest = 0;
        self.marked = false;
        // Waking for every free place would poll the sender once a message.
        self.wake_sender();
    }
}

/// Takes an unfinished message back when it is dropped.
struct Unsent<'a> {
    framed: &'a mut BytesMut,
    at: usize,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        self.framed.truncate(self.at);
    }
}

fn register(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A codec may panic in here; what it left behind is taken back by [`Unsent`].
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // === the sender's end ===

    /// Waits for room, then lets `encode` append one message of about `len` bytes.
    pub(crate) fn poll_send(
        &self,
        cx: &Context<'_>,
        len: usize,
        compress: bool,
        headers: &mut Option<MetadataMap>,
        encode: impl FnOnce(&mut BytesMut),
    ) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        let state = &mut *state;
        if let Some(status) = &state.closed {
            return Poll::Ready(Err(status.clone()));
        }
        if state.framed.len() >= COALESCE {
            register(&mut state.waiting_sender, cx);
            return Poll::Pending;
        }
        if let Some(metadata) = headers.take() {
            state.headers = Headers::Released(metadata);
        }
        let at = state.framed.len();
        if state.framed.capacity() - at < ENVELOPE + len {
            // Small messages share an allocation of a frame's size.
            state.framed.reserve((ENVELOPE + len).max(COALESCE / 2));
        }
        let mut unsent = Unsent {
            framed: &mut state.framed,
            at,
        };
        unsent.framed.extend_from_slice(&[0; ENVELOPE]);
        encode(unsent.framed);
        write_envelope(unsent.framed, at, false)?;
        // Nothing to take back any more.
        unsent.at = usize::MAX;
        drop(unsent);
        if !compress {
            state.framed[at] = NEVER_COMPRESS;
            state.marked = true;
        }
        state.longest = state.longest.max(state.framed.len() - at - ENVELOPE);
        state.wake_puller();
        Poll::Ready(Ok(()))
    }

    /// Hands over the initial metadata.
    pub(crate) fn release_headers(&self, metadata: MetadataMap) {
        let mut state = self.lock();
        state.headers = Headers::Released(metadata);
        state.wake_puller();
    }

    /// Waits until everything queued was taken.
    pub(crate) fn poll_empty(&self, cx: &Context<'_>) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        if let Some(status) = &state.closed {
            return Poll::Ready(Err(status.clone()));
        }
        if state.framed.is_empty() && !matches!(state.headers, Headers::Released(_)) {
            return Poll::Ready(Ok(()));
        }
        register(&mut state.waiting_sender, cx);
        Poll::Pending
    }

    /// No more messages will come, and that is as it should be.
    pub(crate) fn finish(&self) {
        self.end(SenderState::Finished);
    }

    /// No more messages will come, although the sender had not finished.
    pub(crate) fn sender_dropped(&self) {
        self.end(SenderState::Dropped);
    }

    fn end(&self, end: SenderState) {
        let mut state = self.lock();
        if state.sender == SenderState::Open {
            state.sender = end;
        }
        state.wake_puller();
    }

    // === the puller's end ===

    /// The initial metadata, once it was handed over.
    pub(crate) fn take_headers(&self) -> Option<MetadataMap> {
        let mut state = self.lock();
        match std::mem::replace(&mut state.headers, Headers::Taken) {
            Headers::Released(metadata) => {
                state.wake_sender();
                Some(metadata)
            }
            held => {
                state.headers = held;
                None
            }
        }
    }

    /// The next message, if one is queued.
    pub(crate) fn pop(&self) -> Option<Payload> {
        self.lock().pop()
    }

    /// Moves all queued messages into a batch; says whether there were any.
    pub(crate) fn drain(&self, batch: &mut Batch) -> Result<bool, Status> {
        let mut state = self.lock();
        let any = !state.framed.is_empty();
        if state.marked {
            while let Some(payload) = state.pop() {
                batch.push(payload)?;
            }
        } else if any {
            let framed = state.framed.split();
            let longest = state.longest;
            state.emptied();
            batch.append(framed, longest)?;
        }
        Ok(any)
    }

    /// From now on `send` answers `status`; a status that is already known stays, and so does
    /// the success of a sender that has finished.
    pub(crate) fn close(&self, status: Status) {
        let mut state = self.lock();
        if state.sender != SenderState::Finished || !state.framed.is_empty() {
            state.closed.get_or_insert(status);
        }
        state.framed.clear();
        state.wake_sender();
    }

    /// Like [`Outbox::close`], but replaces what `send` answers: the call's real status is
    /// known now.
    pub(crate) fn close_with(&self, status: Status) {
        self.lock().closed = None;
        self.close(status);
    }

    /// How the sender ended, once it has.
    fn poll_end(&self, cx: &Context<'_>) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        match state.sender {
            SenderState::Finished => Poll::Ready(Ok(())),
            SenderState::Dropped => Poll::Ready(Err(Status::cancelled(
                "the call's Sender was dropped before finish(), which cancels the call: \
                 an incomplete stream must not look complete",
            ))),
            SenderState::Open => {
                register(&mut state.waiting_puller, cx);
                // A message may have come since the queue was looked at.
                if !state.framed.is_empty() {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }
}

/// The puller's end of a client's outbox.
#[derive(Debug)]
pub(crate) struct OutboxStream {
    outbox: Arc<Outbox>,
    deadline: Option<Deadline>,
}

impl OutboxStream {
    /// The stream of a call that ends at `deadline`.
    pub(crate) const fn new(outbox: Arc<Outbox>, deadline: Option<Deadline>) -> Self {
        Self { outbox, deadline }
    }
}

impl MessageStream for OutboxStream {
    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        if let Some(payload) = self.outbox.pop() {
            return Poll::Ready(Some(Ok(payload)));
        }
        match self.outbox.poll_end(cx) {
            Poll::Pending => Poll::Pending,
            // Ended: but something may have been sent before that.
            Poll::Ready(end) => Poll::Ready(match (self.outbox.pop(), end) {
                (Some(payload), _) => Some(Ok(payload)),
                (None, Ok(())) => None,
                (None, Err(status)) => Some(Err(status)),
            }),
        }
    }

    fn poll_batch(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<bool, Status>> {
        if self.outbox.drain(batch)? {
            return Poll::Ready(Ok(true));
        }
        match self.outbox.poll_end(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(end) => Poll::Ready(match self.outbox.drain(batch)? {
                true => Ok(true),
                false => end.map(|()| false),
            }),
        }
    }
}

impl Drop for OutboxStream {
    fn drop(&mut self) {
        let passed = self.deadline.is_some_and(Deadline::has_passed);
        self.outbox.close(match passed {
            true => deadline::exceeded("client"),
            false => Status::cancelled(
                "the call has ended before all was sent; its receiver or reply has the status",
            ),
        });
    }
}
