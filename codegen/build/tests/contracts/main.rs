//! What contracts become: golden folders, refusals, and the entry point of `build.rs`.

mod bad_input;
mod collisions;
mod golden;
mod output;
mod runtime_contracts;
mod workspace;
