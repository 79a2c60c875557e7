//! End-to-end tests: real clients against real servers, over loopback.

mod calls;
mod support;
mod watching;
