//! What stands between a socket and `h2`: the timers and checks that `h2` does not have.
//!
//! `h2` waits without end for a peer's first frame and for the rest of a header block, and it
//! tells a peer that does not speak HTTP/2 only that a frame was too large. Both are seen in
//! the bytes as they arrive; nothing is copied or held back.

mod greeting;
mod incoming;
mod scan;

pub(crate) use greeting::Greeting;
pub(crate) use incoming::Guard;
