//! Every bound of the runtime in one place, each with its default and the reason for it.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The bounds of one side of a connection and of the calls on it.
///
/// Nothing is unlimited by default. A bound that fires says in its status which side, which
/// limit and which option raises it.
///
/// ```
/// let mut limits = meshrpc::Limits::default();
/// limits.max_receive_message = 16 * 1024 * 1024;
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Longest message accepted, in bytes, after decompression. 4 MiB: every gRPC
    /// implementation's default, so that both ends of a call agree.
    pub max_receive_message: usize,
    /// Longest message sent, in bytes, before compression. 64 MiB: what nobody accepts by
    /// accident, small enough that a runaway answer fails at its source.
    pub max_send_message: usize,
    /// Largest header list accepted, counted as HTTP/2 counts it (name + value + 32 each).
    /// 16 KiB: twice what gRPC suggests.
    pub max_header_list: u32,
    /// Calls at once on one connection, accepted by a server. 1,000: work per connection
    /// stays bounded, and a client that wants more waits for one to end.
    pub max_concurrent_streams: u32,
    /// Handlers at once in one server, over all connections. 20,000: memory for as many tasks,
    /// far above what a machine answers in time.
    pub max_concurrent_calls: usize,
    /// Connections at once in one server. 10,000: about 160 MiB of idle connections.
    pub max_connections: usize,
    /// HTTP/2 flow-control window of a stream. 2 MiB: a message of 1 MiB with its envelope passes
    /// without waiting for the window, and a slow reader holds at most so much.
    pub stream_window: u32,
    /// HTTP/2 flow-control window of a connection. 8 MiB: several streams at full speed, and
    /// room enough that streams of tiny messages are not taken for an attack by `h2`.
    pub connection_window: u32,
    /// Unsent bytes that a stream may hold before its sender waits. 128 KiB: two frames on their
    /// way and more ready, and no more than that for each reader that stalls.
    pub max_send_buffer: usize,
    /// How long a TLS handshake may take. 5 s: several round trips around the world, and no
    /// longer for somebody who holds a place by being slow.
    pub handshake_timeout: Duration,
    /// How long an HTTP/2 peer may take for its preface and first settings. 5 s, for the same
    /// reason.
    pub preface_timeout: Duration,
    /// How long a header block may stay unfinished. 10 s: it holds up every other stream of its
    /// connection, so a peer that is merely slow has finished it long before.
    pub header_block_timeout: Duration,
    /// How long a connection without calls is kept. 15 min: clients that call now and then keep
    /// theirs, those that are gone without a word are forgotten.
    pub idle_timeout: Duration,
    /// How long calls under way are given to end when a server shuts down. 30 s: what process
    /// managers allow before they kill.
    pub drain_grace: Duration,
    /// How long a client waits for a connection to one address, TLS and HTTP/2 handshakes
    /// included. 5 s: an address that answers at all answers by then.
    pub connect_timeout: Duration,
    /// Calls that wait for a connection or a free stream, per channel. 1,024: beyond that
    /// waiting longer helps nobody.
    pub max_queued_calls: usize,
    /// How long a server hears nothing from a client before it sends a ping. 60 s: a client
    /// that is gone frees its place within minutes.
    pub server_keepalive_time: Duration,
    /// How long the answer may take before the server closes the connection. 20 s: gRPC's
    /// default.
    pub server_keepalive_timeout: Duration,
}

impl Limits {
    /// The defaults, as a constant.
    pub const DEFAULT: Self = Self {
        max_receive_message: 4 * MIB,
        max_send_message: 64 * MIB,
        max_header_list: 16 * KIB as u32,
        max_concurrent_streams: 1_000,
        max_concurrent_calls: 20_000,
        max_connections: 10_000,
        stream_window: 2 * MIB as u32,
        connection_window: 8 * MIB as u32,
        max_send_buffer: 128 * KIB,
        handshake_timeout: Duration::from_secs(5),
        preface_timeout: Duration::from_secs(5),
        header_block_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(15 * 60),
        drain_grace: Duration::from_secs(30),
        connect_timeout: Duration::from_secs(5),
        max_queued_calls: 1_024,
        server_keepalive_time: Duration::from_secs(60),
        server_keepalive_timeout: Duration::from_secs(20),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Largest HTTP/2 frame accepted. Four times the default: each frame of a large message costs a
/// system call on its sender, and other streams still get their turn every 64 KiB.
pub(crate) const MAX_FRAME: u32 = 64 * KIB as u32;

/// Messages of a stream that are ready together leave in one piece of up to this size: one
/// HTTP/2 frame at its default maximum.
pub(crate) const COALESCE: usize = 16 * KIB;

/// Pause after the first failure to connect or to resolve a name. Short, because most failures
/// are a server that is just being restarted.
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_millis(100);

/// What each further failure multiplies the pause by, as gRPC does.
pub(crate) const BACKOFF_FACTOR: f64 = 1.6;

/// The longest pause. gRPC's 120 s is too long to wait for a server that is back.
pub(crate) const BACKOFF_LONGEST: Duration = Duration::from_secs(10);

/// By which part of itself a pause is changed at random, as gRPC does.
pub(crate) const BACKOFF_JITTER: f64 = 0.2;
