//! A small contract with all four kinds, and a server of it.

pub mod contract;
pub mod say;
pub mod service;

use meshrpc::{Channel, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use contract::{Note, echo_service};
pub use service::Echo;

/// A running server; stops when dropped.
pub struct Running {
    pub target: String,
    stop: Option<oneshot::Sender<()>>,
    done: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Stops accepting and waits for the calls under way.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        self.done.await.unwrap();
    }
}

/// Serves [`Echo`] on a free port.
pub async fn serve() -> Running {
    serve_with(|server| server.add_service(echo_service::EchoServiceServer::new(Echo))).await
}

/// Serves what `configure` adds, on a free port.
pub async fn serve_with(
    configure: impl FnOnce(meshrpc::server::ServerBuilder) -> meshrpc::server::ServerBuilder,
) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = configure(Server::builder());
    let done = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        server
            .serve_listener_with_shutdown(listener, shutdown)
            .await
            .unwrap();
    });
    Running {
        target,
        stop: Some(stop),
        done,
    }
}

/// A server of [`Echo`] and a client connected to it.
pub async fn echo() -> (Running, echo_service::EchoServiceClient) {
    let server = serve().await;
    let channel = Channel::connect(&server.target).await.unwrap();
    (server, echo_service::EchoServiceClient::new(channel))
}

/// A note with this text.
pub fn note(text: &str) -> Note {
    Note {
        text: text.to_owned(),
        number: 0,
    }
}

/// Serves [`Echo`] on this listener.
pub fn serve_on(listener: TcpListener) -> Running {
    let target = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder().add_service(echo_service::EchoServiceServer::new(Echo));
    let done = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        let serving = server.serve_listener_with_shutdown(listener, shutdown);
        serving.await.unwrap();
    });
    Running {
        target,
        stop: Some(stop),
        done,
    }
}
