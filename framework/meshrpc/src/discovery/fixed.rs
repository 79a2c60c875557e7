//! Servers that are known from the start.

use std::task::{Context, Poll};

use tonic::Status;

use crate::base::{Address, Resolution, Resolutions, Resolver};

/// A fixed list of servers.
#[derive(Debug, Clone)]
pub struct Static(Resolution);

impl Static {
    /// These servers, each with one address.
    pub fn new(addresses: impl IntoIterator<Item = Address>) -> Self {
        Self(Resolution::of(addresses))
    }
}

impl From<Resolution> for Static {
    fn from(resolution: Resolution) -> Self {
        Self(resolution)
    }
}

impl Resolver for Static {
    fn resolve(&self) -> Box<dyn Resolutions> {
        Box::new(Once(Some(self.0.clone())))
    }
}

struct Once(Option<Resolution>);

impl Resolutions for Once {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Result<Resolution, Status>> {
        match self.0.take() {
            Some(resolution) => Poll::Ready(Ok(resolution)),
            None => Poll::Pending,
        }
    }
}
