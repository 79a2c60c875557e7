//! Where a typed sender leaves encoded messages and their puller takes them.
//!
//! One bounded queue, shared by a [`Sender`](super::Sender) and a [`MessageStream`]. A handler's
//! outbox is emptied by the task that runs the handler, so that its lock is never contended and
//! messages that are ready together leave together; a client's outbox stands between the
//! caller's task and the call's.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::base::limits::{COALESCE, OUTBOX_MESSAGES};
use crate::base::{MessageStream, Payload};

/// The shared queue.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Payload>,
    bytes: usize,
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
    fn has_room(&self) -> bool {
        self.queue.len() < OUTBOX_MESSAGES && self.bytes < COALESCE
    }

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
}

fn register(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while the outbox is locked")
    }

    // === the sender's end ===

    /// Waits until a message fits.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        if let Some(status) = &state.closed {
            return Poll::Ready(Err(status.clone()));
        }
        if state.has_room() {
            return Poll::Ready(Ok(()));
        }
        register(&mut state.waiting_sender, cx);
        Poll::Pending
    }

    /// Queues a message without waiting: `poll_room` said that there is room.
    pub(crate) fn push(&self, payload: Payload) {
        let mut state = self.lock();
        state.bytes += payload.len();
        state.queue.push_back(payload);
        state.wake_puller();
    }

    /// Hands over the initial metadata.
    pub(crate) fn release_headers(&self, metadata: MetadataMap) {
        let mut state = self.lock();
        state.headers = Headers::Released(metadata);
        state.wake_puller();
    }

    /// Waits until everything queued was taken.
    pub(crate) fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let mut state = self.lock();
        if let Some(status) = &state.closed {
            return Poll::Ready(Err(status.clone()));
        }
        if state.queue.is_empty() && !matches!(state.headers, Headers::Released(_)) {
            return Poll::Ready(Ok(()));
        }
        register(&mut state.waiting_sender, cx);
        Poll::Pending
    }

    /// No more messages will come, and that is as it should be.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        if state.sender == SenderState::Open {
            state.sender = SenderState::Finished;
        }
        state.wake_puller();
    }

    /// No more messages will come, although the sender had not finished.
    pub(crate) fn sender_dropped(&self) {
        let mut state = self.lock();
        if state.sender == SenderState::Open {
            state.sender = SenderState::Dropped;
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
        let mut state = self.lock();
        let payload = state.queue.pop_front()?;
        state.bytes -= payload.len();
        if state.queue.is_empty() {
            // Waking for every free place would poll the sender once a message.
            state.wake_sender();
        }
        Some(payload)
    }

    /// From now on `send` answers `status`; a status that is already known stays.
    pub(crate) fn close(&self, status: Status) {
        let mut state = self.lock();
        if state.sender != SenderState::Finished || !state.queue.is_empty() {
            state.closed.get_or_insert(status);
        }
        state.queue.clear();
        state.bytes = 0;
        state.wake_sender();
    }

    /// Like [`Outbox::close`], but replaces what `send` answers: the call's real status is
    /// known now.
    pub(crate) fn close_with(&self, status: Status) {
        self.lock().closed = None;
        self.close(status);
    }
}

/// The puller's end of a client's outbox.
#[derive(Debug)]
pub(crate) struct OutboxStream(pub(crate) Arc<Outbox>);

impl MessageStream for OutboxStream {
    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Payload, Status>>> {
        if let Some(payload) = self.0.pop() {
            return Poll::Ready(Some(Ok(payload)));
        }
        let mut state = self.0.lock();
        if let Some(payload) = state.queue.pop_front() {
            state.bytes -= payload.len();
            return Poll::Ready(Some(Ok(payload)));
        }
        match state.sender {
            SenderState::Finished => Poll::Ready(None),
            SenderState::Dropped => Poll::Ready(Some(Err(Status::cancelled(
                "the call's Sender was dropped before finish(), which cancels the call: \
                 an incomplete stream must not look complete",
            )))),
            SenderState::Open => {
                register(&mut state.waiting_puller, cx);
                Poll::Pending
            }
        }
    }
}

impl Drop for OutboxStream {
    fn drop(&mut self) {
        self.0.close(Status::cancelled(
            "the call has ended; its receiver or reply has the status",
        ));
    }
}
