//! Servers of both frameworks on free ports.

use std::net::SocketAddr;

use meshrpc::server::ServerBuilder;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;

/// A server that stops when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Running {
    pub(crate) fn target(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A channel of ours to it.
    pub(crate) async fn our_channel(&self) -> meshrpc::Channel {
        meshrpc::Channel::connect(self.target()).await.unwrap()
    }

    /// tonic's channel to it.
    pub(crate) async fn tonic_channel(&self) -> tonic::transport::Channel {
        let endpoint = tonic::transport::Endpoint::new(self.target()).unwrap();
        endpoint.connect().await.unwrap()
    }
}

async fn listen() -> (TcpListener, Running, oneshot::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let running = Running {
        address: listener.local_addr().unwrap(),
        _stop: stop,
    };
    (listener, running, stopped)
}

/// Ours.
pub(crate) async fn ours(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Running {
    let (listener, running, stopped) = listen().await;
    let server = configure(meshrpc::Server::builder());
    tokio::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        let served = server.serve_listener_with_shutdown(listener, stopped);
        served.await.unwrap();
    });
    running
}

/// tonic's.
pub(crate) async fn theirs(
    configure: impl FnOnce(tonic::transport::Server) -> tonic::transport::server::Router,
) -> Running {
    let (listener, running, stopped) = listen().await;
    let server = configure(tonic::transport::Server::builder());
    tokio::spawn(async move {
        let incoming = TcpListenerStream::new(listener);
        let stopped = async move { drop(stopped.await) };
        let served = server.serve_with_incoming_shutdown(incoming, stopped);
        served.await.unwrap();
    });
    running
}

/// axum's.
pub(crate) async fn axum(router: axum::Router) -> Running {
    let (listener, running, stopped) = listen().await;
    tokio::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        let served = axum::serve(listener, router).with_graceful_shutdown(stopped);
        served.await.unwrap();
    });
    running
}
