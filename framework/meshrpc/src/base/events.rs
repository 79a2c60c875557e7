//! What happens, told to whoever wants to know.
//!
//! The runtime reports; metrics, logs and tests subscribe. A sink is called from the middle of
//! calls: it must be quick and must not block.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tonic::Code;

use super::Spec;

/// Receives events.
pub trait EventSink: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// Which side of a call reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallSide {
    /// The caller's.
    Client,
    /// The handler's.
    Server,
}

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A call began: the application made it, or a request arrived.
    #[non_exhaustive]
    CallStarted {
        /// Which side reports.
        side: CallSide,
        /// The method.
        spec: &'a Spec,
    },
    /// A call ended. There is exactly one for each [`Event::CallStarted`], whatever happens.
    #[non_exhaustive]
    CallEnded {
        /// Which side reports.
        side: CallSide,
        /// The method.
        spec: &'a Spec,
        /// How it ended; CANCELLED when nobody waited for the end.
        code: Code,
        /// How long it took, streams included.
        elapsed: Duration,
    },
    /// A connection can be used.
    #[non_exhaustive]
    ConnectionOpened {
        /// Which side reports.
        side: CallSide,
        /// The peer's address, where it has one.
        peer: Option<SocketAddr>,
    },
    /// A connection is gone.
    #[non_exhaustive]
    ConnectionClosed {
        /// Which side reports.
        side: CallSide,
        /// The peer's address, where it has one.
        peer: Option<SocketAddr>,
    },
}

/// The sink of a channel or a server, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Sink(Option<Arc<dyn EventSink>>);

impl Sink {
    pub(crate) fn new(sink: impl EventSink) -> Self {
        Self(Some(Arc::new(sink)))
    }

    /// Whether anybody listens; without a listener an event need not be made.
    pub(crate) const fn listens(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        if let Some(sink) = &self.0 {
            sink.event(event);
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.listens() {
            "Sink(set)"
        } else {
            "Sink(none)"
        })
    }
}
