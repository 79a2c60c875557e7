//! gRPC for Rust: typed clients and servers from versioned `.proto` contracts.
//!
//! The generator (`meshrpc-build`) writes against this crate alone. See the README for the
//! tour, and the `examples` folder for programs.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `client` | yes | [`Channel`], generated clients |
//! | `server` | yes | [`Server`], generated services |
//! | `transport` | by either | what both sides share; nothing to switch on by hand |
//! | `tls` | | TLS and mutual TLS: [`ClientTls`], [`ServerTls`]; the cryptography is `ring` |
//! | `native-roots` | | clients that name no authority trust the operating system's |
//! | `webpki-roots` | | clients that name no authority trust Mozilla's, compiled in |
//! | `http1` | | HTTP/1.1 for what is [mounted beside](manual::beside) the gRPC services, by hyper |
//! | `tonic-compat` | | `tonic::Request::remote_addr` in tonic's services mounted here |
//! | `gzip` | | gzip and deflate message compression |
//! | `zstd` | | zstd message compression |
//!
//! Without any feature the crate still has what messages need: prost and the well-known types,
//! re-exported. A feature adds API; it never changes behaviour.

#![cfg_attr(
    not(all(feature = "client", feature = "server")),
    allow(
        dead_code,
        unreachable_pub,
        unused_imports,
        reason = "one side alone leaves pieces that both share partly unused"
    )
)]

// Generated code names `::meshrpc`; this crate contains some.
extern crate self as meshrpc;

#[cfg(feature = "client")]
pub mod balance;
mod base;
pub mod codec;
#[cfg(feature = "client")]
pub mod discovery;
#[cfg(feature = "transport")]
mod protocol;
#[cfg(feature = "transport")]
mod telemetry;
#[cfg(feature = "transport")]
mod transport;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;

#[doc(hidden)]
pub mod codegen;
#[cfg(feature = "transport")]
pub mod contracts;
pub mod google;
#[cfg(feature = "server")]
pub mod health;
pub mod manual;
#[cfg(feature = "server")]
pub mod reflection;
#[cfg(all(feature = "client", feature = "server"))]
pub mod testing;

pub use base::{
    Batch, Call, CallContext, CallFuture, CallRequest, CallResponse, CallSide, Deadline,
    ErrorDetails, Event, EventSink, Idempotency, Interceptor, Limits, MessageStream, Messages,
    MethodKind, MethodSpec, Next, Payload, Peer, PeerTls, RequestExt, ResponseExt, ServiceSpec,
    Spec, StatusExt, TraceContext,
};
#[cfg(feature = "client")]
pub use client::Channel;
pub use codec::{Receiver, Sender};
#[cfg(feature = "transport")]
pub use protocol::Body;
#[cfg(feature = "server")]
pub use server::Server;
#[cfg(feature = "tls")]
pub use transport::tls::{ClientTls, ServerTls, TlsError};

pub use prost;
pub use prost_types;
pub use tonic::{Code, Extensions, IntoRequest, Request, Response, Status, metadata};

/// Brings in what `meshrpc_build::compile` generated, the whole tree of packages:
/// `pub mod contracts { meshrpc::include_contracts!(); }`, once per crate.
#[macro_export]
macro_rules! include_contracts {
    () => {
        include!(concat!(env!("OUT_DIR"), "/meshrpc/mod.rs"));
    };
}
