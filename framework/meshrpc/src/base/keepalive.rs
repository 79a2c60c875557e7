//! Whether a quiet connection is still there.

use std::time::Duration;

/// Pings on a quiet connection (gRFC A8): a peer that is gone without a word is noticed, and
/// middleboxes don't forget the connection.
///
/// ```
/// use std::time::Duration;
/// let keepalive = meshrpc::client::KeepaliveOptions::every(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct KeepaliveOptions {
    /// How long nothing may be received before a ping is sent. A client takes less than 10 s
    /// for 10 s, and servers may close connections that ping more often than they allow (gRPC's
    /// default: 5 min).
    pub time: Duration,
    /// How long nothing may be received after that before the connection counts as dead, and
    /// (on Linux) how long sent bytes may stay unacknowledged. 20 s by default.
    pub timeout: Duration,
    /// Whether to ping although no call is under way. Off by default.
    pub without_calls: bool,
}

impl KeepaliveOptions {
    /// A ping after `time` of silence while calls are under way, 20 s for the answer.
    pub const fn every(time: Duration) -> Self {
        Self {
            time,
            timeout: Duration::from_secs(20),
            without_calls: false,
        }
    }
}
