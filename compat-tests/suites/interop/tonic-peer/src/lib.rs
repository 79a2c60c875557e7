//! What the tonic client and server share: messages, flags and sizes.

pub mod cases;
pub mod echo;
pub mod service;

pub use testing::*;

/// The code that tonic generates from the contract.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::use_self,
    reason = "generated code is tonic's business"
)]
mod testing {
    tonic::include_proto!("grpc.testing");
}

use std::collections::HashMap;

/// The metadata that a server sends back with the headers.
pub const INITIAL_KEY: &str = "x-grpc-test-echo-initial";
/// The metadata that a server sends back with the trailers.
pub const TRAILING_KEY: &str = "x-grpc-test-echo-trailing-bin";

/// `--key=value` and `--key value`, as Go's and Java's programs take them.
pub struct Flags(HashMap<String, String>);

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Flags {
    /// Reads the process's own arguments.
    pub fn from_env() -> Self {
        let mut found = HashMap::new();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let word = word.trim_start_matches('-');
            match word.split_once('=') {
                Some((name, value)) => found.insert(name.to_owned(), value.to_owned()),
                None => found.insert(word.to_owned(), words.next().unwrap_or_default()),
            };
        }
        Self(found)
    }

    /// The flag's text, or the default.
    pub fn text(&self, name: &str, default: &str) -> String {
        self.0
            .get(name)
            .cloned()
            .unwrap_or_else(|| default.to_owned())
    }

    /// The flag as a number, or the default.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        self.0
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    }

    /// Whether the flag is `true`.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|text| text == "true")
    }
}

/// A payload of `size` zeros.
pub fn zeros(size: usize) -> Payload {
    Payload {
        r#type: PayloadType::Compressable as i32,
        body: vec![0; size],
    }
}
