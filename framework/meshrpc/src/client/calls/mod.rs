//! Typed calls: thin shells that encode, call the channel and decode.
//!
//! A call is a `'static` future with its options as by-value methods, so that it can be joined,
//! spawned and selected over like any other. It captures the caller's context when the method is
//! called, not when it is first polled.

mod bidi;
mod client_streaming;
mod options;
mod reply;
mod send_all;
mod server_streaming;
mod single;
mod unary;

pub use bidi::BidiStreamingCall;
pub use client_streaming::ClientStreamingCall;
pub use reply::Reply;
pub use send_all::StreamItem;
pub use server_streaming::ServerStreamingCall;
pub use unary::UnaryCall;

pub(crate) use options::Options;

/// Keeps the types of a call that it does not hold values of.
type Types<Req, Res, C> = std::marker::PhantomData<fn() -> (Req, Res, C)>;
