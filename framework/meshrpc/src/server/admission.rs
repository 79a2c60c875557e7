//! How many handlers run at once.
//!
//! A place is held by the handler itself, not by the stream: a client that resets its streams
//! as fast as it opens them gets a new place only when a handler is really gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tonic::Status;

use crate::base::Limits;

/// The places of a server.
#[derive(Debug)]
pub(crate) struct Admission {
    taken: AtomicUsize,
    max: usize,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            max: limits.max_concurrent_calls,
        }
    }

    /// A place for one handler.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<Place, Status> {
        // The guard against one too many is the place itself, given back when it is dropped.
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        if before < self.max {
            Ok(place)
        } else {
            Err(Status::resource_exhausted(format!(
                "server: {} calls are being handled already \
                 (Limits::max_concurrent_calls raises it)",
                self.max
            )))
        }
    }
}

impl Default for Admission {
    fn default() -> Self {
        Self::new(&Limits::DEFAULT)
    }
}

/// One handler's place.
#[derive(Debug)]
pub(crate) struct Place(Arc<Admission>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
