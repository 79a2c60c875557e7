//! What `connectconformance` drives: a server and a client that follow its instructions.
//!
//! Both are told what to do by messages on their standard input and answer on their standard
//! output; nothing else may stand there.

pub mod client;
mod convert;
pub mod framing;
pub mod server;
mod service;
