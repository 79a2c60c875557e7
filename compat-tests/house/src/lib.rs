//! The house rules as code, so that nobody has to remember them.
//!
//! Each module here is a checker: a pure function over text that returns the violations it
//! found, with unit tests that show it able to fail. `tests/main.rs` runs them over the
//! workspace as it stands, as part of `cargo test --workspace`. This crate stands outside the
//! crates that it judges, so that packaging those needs no file from elsewhere.

pub mod bans;
pub mod crates;
pub mod exceptions;
pub mod floors;
pub mod layers;
pub mod paths;
pub mod shape;
pub mod workspace;
