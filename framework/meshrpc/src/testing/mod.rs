//! A server and its clients in one process, over an in-memory pipe instead of sockets.
//!
//! Everything but the socket is real: HTTP/2, deadlines, limits, drain. No port is taken, and
//! with tokio's time paused a test of timeouts takes no time.
//!
//! ```
//! use meshrpc::{Server, testing};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let server = testing::serve(Server::builder() /* .add_service(…) */).unwrap();
//! let channel = server.channel(); // for OrderServiceClient::new(channel)
//! server.disconnect(); // the next call connects again
//! # drop(channel);
//! server.shutdown().await; // as a deployment would do it
//! # }
//! ```
//!
//! Without HTTP/2 between them: [`Channel::from_call`](crate::Channel::from_call).

mod pipe;
mod server;

pub use pipe::{PipeConnector, PipeListener, pipe};
pub use server::{TestServer, serve};
