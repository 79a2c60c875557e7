//! What our server and our client make of what comes over the wire, and what they send.
//!
//! The other side is `h2` driven by hand: a client whose header blocks are written byte by byte
//! ([`caller`]), a server that answers as it is told ([`answerer`]). The pipe between them is in
//! memory and time is paused: a side that waits for ever fails its test at once ([`soon`]).

use std::time::Duration;

pub mod answerer;
mod backpressure;
pub mod caller;
mod early_ends;
pub mod head;
mod leaving;
mod request_frames;
mod request_heads;
mod request_metadata;
mod request_table;
mod response_endings;
mod response_heads;
mod response_messages;
mod response_metadata;
mod response_table;

/// Fails where a test would wait for ever. With time paused that takes no time.
pub async fn soon<T>(happens: impl Future<Output = T>) -> T {
    let patience = Duration::from_secs(60);
    let happened = tokio::time::timeout(patience, happens).await;
    happened.expect("it happens at all")
}
