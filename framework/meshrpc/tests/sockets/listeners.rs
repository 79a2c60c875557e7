use std::io;
use std::task::{Context, Poll};

use meshrpc::server::{Connection, Listener};
use meshrpc::{Channel, Server};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, note};

async fn say(target: &str) {
    let channel = Channel::connect(target).await.unwrap();
    EchoServiceClient::new(channel)
        .say(note("hello"))
        .await
        .unwrap();
}

/// Two free ports, still free enough for a test.
async fn free() -> [std::net::SocketAddr; 2] {
    let listeners = [
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    ];
    listeners.map(|listener| listener.local_addr().unwrap())
}

#[tokio::test]
async fn one_server_listens_on_several_addresses_and_sockets() {
    let tokios = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stds = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let handed = [tokios.local_addr().unwrap(), stds.local_addr().unwrap()];
    let free = free().await;
    let server = Server::builder()
        .add_service(EchoServiceServer::new(Echo))
        .tcp_nodelay(false)
        .listen(free[0])
        .listen(free[1].to_string())
        .listen_on(tokios)
        .listen_on(stds);
    tokio::spawn(server.serve_all());
    // The sockets that were handed in listen already; by the time that one answers, all do.
    for address in handed.into_iter().chain(free) {
        say(&format!("http://{address}")).await;
    }
}

#[tokio::test]
async fn a_port_is_shared_by_those_who_ask_for_it() {
    let first = free().await[0];
    let server = || {
        Server::builder()
            .add_service(EchoServiceServer::new(Echo))
            .reuse_port(true)
    };
    let one = tokio::spawn(server().serve(first));
    tokio::task::yield_now().await;
    let two = tokio::spawn(server().serve(first));
    tokio::task::yield_now().await;
    for _ in 0..8 {
        say(&format!("http://{first}")).await;
    }
    assert!(!one.is_finished() && !two.is_finished());
}

/// A listener of the user's own.
struct Handed(mpsc::Receiver<TcpStream>);

impl Listener for Handed {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Connection>>> {
        self.0
            .poll_recv(cx)
            .map(|stream| stream.map(|stream| Ok(Connection::from(stream))))
    }
}

#[tokio::test]
async fn a_listener_of_the_users_own_may_end_and_its_connections_live_on() {
    let (hand, handed) = mpsc::channel(1);
    let server = Server::builder().add_service(EchoServiceServer::new(Echo));
    let served = tokio::spawn(server.serve_listener(Handed(handed)));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        hand.send(stream).await.unwrap();
        // Dropping `hand` ends the listener.
    });
    let channel = Channel::connect(&target).await.unwrap();
    let client = EchoServiceClient::new(channel);
    for _ in 0..3 {
        client.say(note("still here")).await.unwrap();
    }
    assert!(!served.is_finished());
    drop(client);
    served.await.unwrap().unwrap();
}
