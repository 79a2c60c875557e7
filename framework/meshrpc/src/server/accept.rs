//! The listener loop.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::base::{Limits, rt};
use crate::transport::http1;
use crate::transport::http2_server::{self, Exchange};
use crate::transport::sniff::{Spoken, sniff};
use crate::transport::{Connection, Io, Listener, Listeners, Security, TcpOptions};

/// What every connection of a server gets.
pub(super) struct Setup<E> {
    pub(super) limits: Limits,
    pub(super) tcp: TcpOptions,
    pub(super) security: Security,
    pub(super) exchange: Arc<E>,
    /// Whether there is something for clients that speak HTTP/1.
    #[cfg(feature = "http1")]
    pub(super) http1: bool,
}

/// Accepts connections until `shutdown`, then lets those that there are finish. Ends before it
/// when no listener is left, and no connection.
pub(super) async fn run<E: Exchange>(
    listeners: Vec<Box<dyn Listener>>,
    setup: Setup<E>,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let mut listeners = Listeners::new(listeners);
    let places = Arc::new(Semaphore::new(setup.limits.max_connections));
    let (drain, draining) = watch::channel(false);
    // Closed when the last connection has dropped its sender.
    let (alive, mut all_gone) = mpsc::channel::<()>(1);
    let served = Served {
        setup: Arc::new(setup),
        draining,
        alive,
    };
    let ended = loop {
        let accepted = async {
            // The place first: a connection that is not accepted waits in the kernel, where it
            // costs nothing.
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listeners.accept().await?))
        };
        tokio::select! {
            biased;
            () = &mut shutdown => break false,
            accepted = accepted => match accepted {
                Some((place, connection)) => served.start(connection, place),
                None => break true,
            },
        }
    };
    if ended {
        drop(served);
        tokio::select! {
            () = &mut shutdown => {}
            _ = all_gone.recv() => return,
        }
    } else {
        served.backlog(&mut listeners, &places).await;
        drop(served);
    }
    drop(listeners);
    let _ = drain.send(true);
    let _ = all_gone.recv().await;
}

/// What is needed to serve a connection.
struct Served<E> {
    setup: Arc<Setup<E>>,
    draining: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
}

impl<E: Exchange> Served<E> {
    /// Accepts who has connected by now, although the loop had no time for it yet: to the
    /// client it is connected.
    async fn backlog(&self, listeners: &mut Listeners, places: &Arc<Semaphore>) {
        std::future::poll_fn(|cx| {
            while let Ok(place) = Arc::clone(places).try_acquire_owned() {
                match listeners.poll_accept(cx) {
                    Poll::Ready(Some(connection)) => self.start(connection, place),
                    _ => break,
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Serves a connection in a task of its own: neither a handshake nor a call holds up the
    /// listener.
    fn start(&self, connection: Connection, place: OwnedSemaphorePermit) {
        let setup = Arc::clone(&self.setup);
        let draining = self.draining.clone();
        let alive = self.alive.clone();
        rt::spawn(async move {
            serve(connection, &setup, draining).await;
            drop((place, alive));
        });
    }
}

async fn serve<E: Exchange>(
    connection: Connection,
    setup: &Setup<E>,
    mut draining: watch::Receiver<bool>,
) {
    let Connection { io, mut peer } = connection;
    if let Io::Tcp(stream) = &io
        && let Err(error) = setup.tcp.apply(stream)
    {
        tracing::debug!(%error, "socket options could not be set");
    }
    let limit = setup.limits.handshake_timeout;
    let handshake = rt::timeout(limit, setup.security.handshake(io, &mut peer));
    let io = tokio::select! {
        biased;
        handshake = handshake => handshake,
        () = http2_server::last_call(&mut draining) => return,
    };
    let io = match io {
        Some(Ok(io)) => io,
        Some(Err(error)) => {
            tracing::debug!(?peer, %error, "no TLS handshake; does the client speak TLS?");
            return;
        }
        None => {
            tracing::debug!(
                ?peer,
                "no TLS handshake within {limit:?} (Limits::handshake_timeout)"
            );
            return;
        }
    };
    let first = async {
        match peer.tls {
            // The handshake has settled it.
            Some(_) => Ok(Spoken::Http2(io)),
            None => sniff(io).await,
        }
    };
    let first = rt::timeout(setup.limits.preface_timeout, first);
    let first = tokio::select! {
        biased;
        first = first => first,
        () = http2_server::last_call(&mut draining) => return,
    };
    let exchange = Arc::clone(&setup.exchange);
    match first {
        Some(Ok(Spoken::Http2(io))) => {
            http2_server::serve(io, setup.limits, exchange, peer, draining).await;
        }
        #[cfg(feature = "http1")]
        Some(Ok(Spoken::Http1(io))) if setup.http1 => {
            http1::serve(io, setup.limits, exchange, peer, draining).await;
        }
        Some(Ok(Spoken::Http1(io))) => {
            tracing::debug!(?peer, "the client speaks HTTP/1; is it a gRPC client?");
            http1::refuse(io).await;
        }
        Some(Err(error)) => tracing::debug!(?peer, %error, "a connection broke off at once"),
        None => tracing::debug!(
            ?peer,
            "the peer said nothing within {:?} (Limits::preface_timeout)",
            setup.limits.preface_timeout
        ),
    }
}
