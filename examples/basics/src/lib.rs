//! What the examples share: the generated code, and the service that they call.
//!
//! The README's own snippets are compiled here as doctests; those of its shortest path stand in
//! `examples/quickstart` as programs.
#![cfg_attr(doctest, doc = include_str!("../../../README.md"))]

pub mod contracts {
    #![allow(missing_docs, reason = "generated")]
    meshrpc::include_contracts!();
}
mod greeter;

pub use greeter::{Greeter, start};

/// Whatever ends an example early.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
