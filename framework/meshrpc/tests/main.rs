//! End-to-end tests: real clients against real servers, over loopback.

mod calls;
mod connections;
mod guard;
mod health;
mod reflection;
mod sockets;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod watching;
