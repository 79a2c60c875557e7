//! Generates typed meshrpc clients and servers from `.proto` contracts, from `build.rs`.
//!
//! ```no_run
//! // build.rs
//! fn main() -> meshrpc_build::Result<()> {
//!     meshrpc_build::compile(&["proto/storefront/orders/v1/orders.proto"])
//! }
//! ```
//!
//! ```ignore
//! // src/main.rs: the whole tree of packages, once per crate
//! pub mod contracts { meshrpc::include_contracts!(); }
//! use contracts::storefront::orders::v1::{Order, order_service::OrderServiceClient};
//! ```
//!
//! No `protoc` is needed on the machine: one comes along. `PROTOC` names another.
//!
//! # What is generated
//!
//! A module per package, nested as the packages are, with
//! - messages and enums as prost-build makes them (see [its docs](https://docs.rs/prost-build)),
//!   the well-known types and `google.rpc` as paths into `meshrpc`;
//! - per service a module, `order_service` for `OrderService` (a trailing `Service` is not
//!   doubled, so `Order` has the same one): the trait `OrderService`, the server type
//!   `OrderServiceServer`, the client `OrderServiceClient`, and statics that describe the
//!   service (`ORDER_SERVICE`; `ECHO_SPEC` for a service named `Echo`) and its methods
//!   (`PLACE_ORDER`);
//! - the descriptors of everything, `FILE_DESCRIPTOR_SET` at the root, for reflection.
//!
//! An RPC named like a function that every client has (`new`, `connect`, `connect_lazy`, `clone`)
//! gets a trailing `_`. Names that collide after conversion are refused, with the remedy.
//! Adding to a contract never renames what is there.
//!
//! # What prost can't do
//!
//! Strings are always UTF-8, enums are always open, unknown fields are dropped, extensions are not
//! generated; the whole list stands at `meshrpc_descriptor::FileSet::lower`.
//!
//! [`configure`] has everything else: include paths, attributes, only the client, an own codec.

mod builder;
mod error;
#[doc(hidden)]
pub mod generate;
mod protoc;

use std::path::Path;

pub use builder::Builder;
pub use error::{Error, Refusal, Result};

/// Generates the code of these contracts and of all that they import, into `$OUT_DIR/meshrpc`.
///
/// Imports are looked up from a root derived from the contracts' packages, see
/// [`Builder::include`].
///
/// # Errors
/// When a contract is malformed or can't become Rust, or nothing can be read or written.
pub fn compile(protos: &[impl AsRef<Path>]) -> Result<()> {
    configure().compile(protos)
}

/// A builder, to say more than [`compile`] can.
pub fn configure() -> Builder {
    Builder::new()
}
