//! One service, implemented once for meshrpc and once for tonic, with the clients of both: the
//! two halves of every test of compatibility.

pub mod ours;
pub mod theirs;

/// What meshrpc's generator makes of the contract.
#[allow(missing_docs, unreachable_pub, reason = "generated")]
pub mod contracts {
    meshrpc::include_contracts!();
}

/// What tonic's generator makes of it.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unused_qualifications,
    clippy::use_self,
    clippy::str_to_string,
    reason = "generated"
)]
pub mod tonic_contracts {
    tonic::include_proto!("compat.v1");

    /// The contract's descriptors.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tonic.binpb"));
}
