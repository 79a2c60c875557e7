//! Which servers stand behind a name: what resolvers yield.

use std::fmt;
use std::task::{Context, Poll};

use http::Extensions;
use tonic::Status;

use super::Address;

/// Finds the servers behind a target.
///
/// A resolver is a description (a name, a list); [`resolve`](Self::resolve) starts the work. A
/// channel starts it once, when it is first used.
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// Starts to resolve.
    fn resolve(&self) -> Box<dyn Resolutions>;
}

/// The results of a resolver, one after the other.
pub trait Resolutions: Send {
    /// The next result: the first one as soon as there is one, later ones when something has
    /// changed or [`request`](Self::request) asked. Pending for ever when nothing will change.
    ///
    /// A failure is not the end; the channel keeps what it knows and polls on.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Resolution, Status>>;

    /// Asks for a fresh result, because the servers that are known don't answer. It may be
    /// ignored, and is for a resolver that is told of changes anyway.
    fn request(&mut self) {}
}

/// What a resolver found.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Resolution {
    /// The servers, in the order of preference.
    pub endpoints: Vec<Endpoint>,
    /// How calls to the name are to be made.
    pub service_config: Option<ServiceConfig>,
    /// Whatever else the balancer should know.
    pub attributes: Extensions,
}

impl Resolution {
    /// These servers, each with one address.
    pub fn of(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self {
            endpoints: addresses.into_iter().map(Endpoint::new).collect(),
            ..Self::default()
        }
    }
}

/// One server: it may have several addresses, and attributes that a balancer reads (weight,
/// locality, …).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// Where it can be reached, in the order of preference.
    pub addresses: Vec<Address>,
    /// What a balancer or a connector may want to know about it.
    pub attributes: Extensions,
}

impl Endpoint {
    /// A server with one address.
    pub fn new(address: Address) -> Self {
        Self {
            addresses: vec![address],
            attributes: Extensions::new(),
        }
    }
}

/// How calls to a name are to be made, as its owner publishes it. Nothing of it is carried out
/// yet.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServiceConfig {}
