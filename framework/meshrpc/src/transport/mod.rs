//! The only room that knows sockets, HTTP/2 and TLS.
//!
//! Above it there are HTTP exchanges ([`Body`](crate::Body)) and nothing else, so that another
//! HTTP/2 engine, HTTP/3 or a simulated network can take its place without another module
//! noticing.

mod connector;
mod error;
mod h2_errors;
mod http2;
mod io;

#[allow(unused_imports, reason = "named by the channel builder")]
pub(crate) use connector::SocketConnector;
pub use connector::{Connecting, Connection, Connector};
pub(crate) use error::TransportError;
pub(crate) use h2_errors::Processed;
pub(crate) use http2::{Http2Body, client as http2_client, server as http2_server};
pub(crate) use io::{Io, TcpOptions, TcpSocket, connect, listen, resolve};
