//! How connections are made, lost and made again, and what becomes of the calls.
//!
//! Servers that misbehave on purpose are `h2` driven by hand ([`raw`]); where time passes, it is
//! paused, and the network is a pipe.

mod balancing;
mod keepalive;
mod pacing;
mod pipes;
mod raw;
mod reach;
mod repeats;
mod resets;
