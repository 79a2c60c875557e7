//! What contracts become: golden folders, refusals, and the entry point of `build.rs`.

mod golden;
