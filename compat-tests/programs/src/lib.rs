//! The programs that stand between meshrpc and other people's test suites.
//!
//! `interop-client` and `interop-server` speak gRPC's interoperability contract with the flags
//! that all languages' programs share; `conformance-client` and `conformance-server` are driven
//! by `connectconformance`. All four are written against meshrpc's public API only, so that the
//! suites test what a user gets.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod flags;
pub mod interop;

/// The code generated from both contracts.
#[allow(
    missing_docs,
    reason = "the contracts' comments are their authors' business"
)]
pub mod contracts {
    meshrpc::include_contracts!();
}

/// What ends a program or a test case.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
