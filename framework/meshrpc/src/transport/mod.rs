//! The only room that knows sockets, HTTP/2 and TLS.
//!
//! Above it there are HTTP exchanges ([`Body`](crate::Body)) and nothing else, so that another
//! HTTP/2 engine, HTTP/3 or a simulated network can take its place without another module
//! noticing.

#![allow(clippy::disallowed_types, reason = "here is where sockets are opened")]

mod connector;
mod error;
mod guard;
mod h2_errors;
pub(crate) mod http1;
mod http2;
mod io;
mod listener;
mod secure;
pub(crate) mod sniff;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[cfg(unix)]
mod unix;

#[allow(unused_imports, reason = "named by the channel builder")]
pub(crate) use connector::SocketConnector;
pub use connector::{Connecting, Connection, Connector};
pub(crate) use error::TransportError;
pub(crate) use h2_errors::Processed;
pub(crate) use http2::{Http2Body, client as http2_client, server as http2_server};
pub(crate) use io::{Io, TcpOptions, listen, resolve};
pub(crate) use listener::Listeners;
pub use listener::{IntoListener, Listener};
pub(crate) use secure::Security;
#[cfg(unix)]
pub(crate) use unix::listen as listen_unix;
