//! End-to-end tests: real clients against real servers, over loopback.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    unreachable_pub,
    reason = "tests stand outside of the runtime: they open sockets, spawn, and are no library"
)]

mod calls;
mod connections;
mod ends;
mod guard;
mod health;
mod layers;
mod mocks;
mod reflection;
mod sockets;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod watching;
mod wire;
