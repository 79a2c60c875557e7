//! The golden cases as a user's crate compiles them: all of them, with no warning.
//!
//! A binary of its own, so that the cases can be renewed while what is checked in doesn't compile.

#![deny(warnings)]
#![warn(missing_docs, unreachable_pub, clippy::pedantic)]

/// The expected tree of a case, as `include_contracts` brings it in.
macro_rules! golden {
    ($($case:ident)*) => {$(
        mod $case {
            include!(concat!("../golden/", stringify!($case), "/expected/mod.rs"));
        }
    )*};
}

golden!(
    client_only comments editions empties four_kinds google_rpc hard_names nesting no_package one_module
    options server_only settings
);

/// What another crate would have generated for the case `settings`.
mod elsewhere {
    pub(crate) mod v1 {
        #[derive(Clone, PartialEq, meshrpc::prost::Message)]
        #[prost(prost_path = "::meshrpc::prost")]
        pub(crate) struct Money {
            #[prost(int64, tag = "1")]
            pub(crate) units: i64,
        }
    }
}

mod behaviour;
