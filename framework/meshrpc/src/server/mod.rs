//! The server: generated services behind a listener.

mod accept;
mod admission;
mod builder;
pub(crate) mod dispatch;
mod error;
mod front;
mod handler;
mod into_http;
mod listen;
mod mount;
mod panic;
mod router;
mod service;
mod signal;
mod stack;

pub use crate::protocol::{Answering, HttpService};
pub use builder::{Server, ServerBuilder};
pub use error::ServeError;
pub use into_http::HttpServer;
pub use mount::Mounted;
pub use service::{ServedServices, Service, ServiceOptions, ServiceServer};
pub use signal::shutdown_signal;

pub use crate::transport::{Connection, IntoListener, Listener};

#[doc(hidden)]
pub use service::{Described, Dispatch};
