//! What the crate claims, tested from outside, a module a claim.

mod editions;
mod features;
mod lowering;
mod malformed;
mod options;
mod raw;
mod support;
mod tree;
