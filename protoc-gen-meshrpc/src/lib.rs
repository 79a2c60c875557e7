//! What the plugin `protoc-gen-meshrpc` and the command line `meshrpc` share: options, and the
//! way to the generator of `meshrpc-build`. There for the two programs, no API.

mod command;
mod options;
mod plugin;

#[doc(hidden)]
pub use command::run as meshrpc;
#[doc(hidden)]
pub use plugin::run as protoc_gen_meshrpc;
