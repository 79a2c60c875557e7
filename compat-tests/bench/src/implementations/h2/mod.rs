//! The floor: gRPC written by hand on `h2` for this one contract, with nothing
//! that a framework adds (no routing table, metadata, deadlines, status
//! details, limits of its own). It is also the peer of every other row: its
//! server stands opposite each client, its client opposite each server.

mod client;
mod message;
mod server;

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::net::TcpListener;

use super::Implementation;
use crate::Error;

/// The windows that hyper's client has by default. hyper's server has 1 MiB,
/// into which a 1 MiB message does not fit with its envelope: each such call
/// would wait for a window update.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 5 << 20;
/// Large messages in fewer pieces than the default of 16 KiB makes.
const FRAME: u32 = 64 << 10;

pub(crate) struct H2;

impl Implementation for H2 {
    type Caller = client::Client;

    async fn serve(listener: TcpListener) -> Result<(), Error> {
        server::serve(listener).await
    }

    async fn connect(address: SocketAddr) -> Result<Self::Caller, Error> {
        client::connect(address).await
    }
}

/// A connection's task that lets everybody who is ready write first: each time
/// it is woken it goes once to the end of the queue before it polls the
/// connection, so that one write carries what all of them had.
struct Gathering<C> {
    connection: C,
    yielded: bool,
}

impl<C> Gathering<C> {
    fn new(connection: C) -> Self {
        Self {
            connection,
            yielded: false,
        }
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.yielded = !self.yielded;
        if self.yielded {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl<C: Future + Unpin> Future for Gathering<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.poll_turn(cx));
        Pin::new(&mut self.connection).poll(cx)
    }
}

/// Lets every task that is ready run first. Not tokio's `yield_now`, which asks
/// the operating system for events before it goes on.
async fn end_of_the_queue() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
