//! What is compared. Each implementation is one module with a server and a
//! client of the same contract; everything else in the program is common.

mod h2;
mod meshrpc;
mod tonic;

use std::{fmt, future::Future, net::SocketAddr, str::FromStr};

use tokio::net::TcpListener;

pub(crate) use self::{h2::H2, meshrpc::Meshrpc, tonic::Tonic};
use crate::{Error, workload::StreamOf};

/// A server and a client of `bench.v1.EchoService`.
pub(crate) trait Implementation: 'static {
    type Caller: Caller;

    /// Serves until the process ends.
    fn serve(listener: TcpListener) -> impl Future<Output = Result<(), Error>> + Send;

    /// Opens one connection.
    fn connect(address: SocketAddr) -> impl Future<Output = Result<Self::Caller, Error>> + Send;
}

/// One caller on a connection; a clone is a further caller on the same one.
pub(crate) trait Caller: Clone + Send + 'static {
    /// One unary call. The payload goes in and comes back, so that the load
    /// itself allocates nothing.
    fn echo(&mut self, payload: Vec<u8>) -> impl Future<Output = Result<Vec<u8>, Error>> + Send;

    /// One server-streaming call, read to its end: the messages received.
    fn stream(&mut self, stream: StreamOf) -> impl Future<Output = Result<u32, Error>> + Send;
}

/// The names of the implementations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Tonic,
    Meshrpc,
    H2,
}

impl Name {
    pub(crate) const ALL: [Self; 3] = [Self::Tonic, Self::Meshrpc, Self::H2];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tonic => "tonic",
            Self::Meshrpc => "meshrpc",
            Self::H2 => "h2",
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|implementation| implementation.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("no implementation is called {name:?}: there are {names}").into()
            })
    }
}
