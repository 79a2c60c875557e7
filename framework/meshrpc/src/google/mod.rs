//! Google's standard messages that gRPC itself uses.

pub mod rpc;
