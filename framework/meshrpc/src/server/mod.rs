//! The server: generated services behind a listener.

mod accept;
mod builder;
pub(crate) mod dispatch;
mod error;
mod handler;
mod listen;
mod panic;
mod router;
mod service;
mod signal;
mod stack;

pub use builder::{Server, ServerBuilder};
pub use error::ServeError;
pub use service::{Service, ServiceOptions, ServiceServer};
pub use signal::shutdown_signal;

pub use crate::transport::{Connection, IntoListener, Listener};

#[doc(hidden)]
pub use service::{Described, Dispatch};
