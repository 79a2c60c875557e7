//! What belongs to a call as a whole and travels with it.
//!
//! On the server the context of the call being handled is *current* while its handler runs;
//! a client captures the current context when a method is called, so that deadline and trace
//! go on to the next hop without anybody passing them along.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Deadline, Spec, TraceContext};

tokio::task_local! {
    static CURRENT: CallContext;
}

/// The context of a call: deadline, peer, method. Cheap to clone.
///
/// ```
/// # use std::time::Duration;
/// use meshrpc::CallContext;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let context = CallContext::detached().with_timeout(Duration::from_secs(2));
/// context.clone().scope(async {
///     // Calls made in here end within the two seconds.
///     assert!(CallContext::current().deadline().is_some());
/// }).await;
/// # }
/// ```
#[derive(Clone, Default)]
pub struct CallContext(Option<Arc<Inner>>);

#[derive(Clone, Default)]
struct Inner {
    deadline: Option<Deadline>,
    spec: Option<Spec>,
    peer: Option<Arc<Peer>>,
    trace: Option<TraceContext>,
}

impl CallContext {
    /// The context of the call that is being handled; a [detached](Self::detached) one outside
    /// of a handler.
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// A context that inherits nothing: for work that must outlive the call that asked for it.
    pub const fn detached() -> Self {
        Self(None)
    }

    /// The context that a server makes for an incoming call.
    pub(crate) fn incoming(spec: Spec, deadline: Option<Deadline>, peer: Arc<Peer>) -> Self {
        Self(Some(Arc::new(Inner {
            deadline,
            spec: Some(spec),
            peer: Some(peer),
            trace: None,
        })))
    }

    /// Runs `future` with this context as the current one; how a handler carries its context
    /// into a task that it spawns.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// Runs `work` with this context as the current one.
    pub(crate) fn enter<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// When nobody waits for the call any more.
    pub fn deadline(&self) -> Option<Deadline> {
        self.0.as_ref()?.deadline
    }

    /// The method that is handled; `None` outside of a handler.
    pub fn spec(&self) -> Option<&Spec> {
        self.0.as_ref()?.spec.as_ref()
    }

    /// Who called; `None` outside of a handler.
    pub fn peer(&self) -> Option<&Peer> {
        self.0.as_ref()?.peer.as_deref()
    }

    /// The trace that the call belongs to.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.0.as_ref()?.trace.as_ref()
    }

    /// The same context in this trace.
    #[must_use]
    pub fn with_trace(self, trace: TraceContext) -> Self {
        let mut inner = self.0.map(Arc::unwrap_or_clone).unwrap_or_default();
        inner.trace = Some(trace);
        Self(Some(Arc::new(inner)))
    }

    /// The same context with a deadline no later than `deadline`. A deadline only ever gets
    /// earlier; [`CallContext::detached`] is the way out.
    #[must_use]
    pub fn with_deadline(self, deadline: Deadline) -> Self {
        let earliest = Deadline::earlier(self.deadline(), Some(deadline));
        if self.deadline() == earliest {
            return self;
        }
        let mut inner = self.0.map(Arc::unwrap_or_clone).unwrap_or_default();
        inner.deadline = earliest;
        Self(Some(Arc::new(inner)))
    }

    /// The same context with a deadline no later than `timeout` from now.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.with_deadline(Deadline::after(timeout))
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("deadline", &self.deadline())
            .field("spec", &self.spec().map(|spec| spec.full_name()))
            .field("peer", &self.peer())
            .finish()
    }
}

/// The other end of the connection that a call arrived on.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Peer {
    /// The peer's address; `None` for Unix sockets and in-memory pipes.
    pub remote_addr: Option<SocketAddr>,
    /// The address that the peer connected to.
    pub local_addr: Option<SocketAddr>,
    /// What TLS says about the peer; `None` on a plaintext connection.
    pub tls: Option<PeerTls>,
}

/// What TLS says about the peer.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PeerTls {
    /// The certificates that the peer presented and that were verified, its own first, in
    /// DER. Empty when the peer presented none.
    pub certificates: Vec<bytes::Bytes>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_only_gets_earlier() {
        let context = CallContext::detached().with_timeout(Duration::from_secs(1));
        let later = context.clone().with_timeout(Duration::from_secs(9));
        assert_eq!(later.deadline(), context.deadline());
        let sooner = context.clone().with_timeout(Duration::from_millis(1));
        assert!(sooner.deadline() < context.deadline());
    }

    #[tokio::test]
    async fn a_context_is_current_only_inside_its_scope() {
        let context = CallContext::detached().with_timeout(Duration::from_secs(1));
        let inside = context
            .scope(async { CallContext::current().deadline() })
            .await;
        assert!(inside.is_some());
        assert!(CallContext::current().deadline().is_none());
    }
}
