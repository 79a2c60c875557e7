//! The code generated from the contract, for both programs.

pub mod contracts {
    #![allow(missing_docs, reason = "generated")]
    meshrpc::include_contracts!();
}
