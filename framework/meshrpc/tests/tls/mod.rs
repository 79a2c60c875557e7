//! TLS and mutual TLS, with certificates made for each test.

mod authority;
mod files;
mod handshake;
mod identity;
mod mixups;
