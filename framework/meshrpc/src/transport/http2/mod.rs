//! HTTP/2 by `h2`, driven directly: no task per client call, one write per batch.

mod body;
pub(crate) mod client;
mod drive;
mod exchange;
mod inline;
mod keepalive;
mod pulse;
pub(crate) mod server;
mod session;
mod stop;
mod stream;
mod write;

pub(crate) use body::Http2Body;
