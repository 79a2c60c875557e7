//! Finding the servers behind a name.
//!
//! A [`Resolver`] yields [`Endpoint`]s, each with its addresses and attributes. Static lists and
//! the system's DNS are here; `Channel::builder(…).resolver(…)` takes any other.

mod dns;
mod fixed;

pub use dns::{Dns, Lookup};
pub use fixed::Static;

pub use crate::base::{Address, Endpoint, Resolution, Resolutions, Resolver, ServiceConfig};
