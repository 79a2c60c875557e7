//! The generated code that the runtime itself carries: gRPC's standard services.
//!
//! It is checked in, because this crate has no build script and does not depend on the
//! generator; a test of the generator's says when it is stale, and how to renew it.

include!("generated/mod.rs");
