//! The server: generated services behind a listener.

mod accept;
mod builder;
pub(crate) mod dispatch;
mod error;
mod handler;
mod panic;
mod router;
mod service;
mod stack;

pub use builder::{Server, ServerBuilder};
pub use error::ServeError;
pub use service::{Service, ServiceOptions, ServiceServer};

#[doc(hidden)]
pub use service::{Described, Dispatch};
