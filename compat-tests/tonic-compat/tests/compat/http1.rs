//! HTTP/1.1 on the port of our services.

use axum::Router;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic_compat::contracts::compat::v1::echo_service::{EchoServiceClient, EchoServiceServer};
use tonic_compat::ours::Echo;

use crate::{drive, servers};

/// What a server answers to these bytes, to the end of the connection.
async fn exchange(server: &servers::Running, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_router_answers_http1_beside_our_services_on_one_port() {
    let server = servers::ours(|server| {
        let router = Router::new()
            .route("/hello", get(async || "hello over HTTP/1"))
            .route("/echo", post(async |text: String| text));
        server
            .add_service(EchoServiceServer::new(Echo))
            .fallback_http(router)
    })
    .await;
    let request = "GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = exchange(&server, request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("hello over HTTP/1"), "{answer}");
    let request = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\
                   connection: close\r\n\r\nabc";
    let answer = exchange(&server, request).await;
    assert!(answer.ends_with("abc"), "{answer}");
    let client = EchoServiceClient::new(server.our_channel().await);
    drive::our_client(&client, true).await;
}

#[tokio::test]
async fn grpc_over_http1_is_told_that_it_needs_http2() {
    let server = servers::ours(|server| {
        server
            .add_service(EchoServiceServer::new(Echo))
            .fallback_http(Router::new())
    })
    .await;
    let request = "POST /compat.v1.EchoService/Say HTTP/1.1\r\nhost: x\r\n\
                   content-type: application/grpc\r\ncontent-length: 0\r\n\
                   connection: close\r\n\r\n";
    let answer = exchange(&server, request).await;
    assert!(answer.starts_with("HTTP/1.1 505 "), "{answer}");
}

#[tokio::test]
async fn a_browser_on_a_server_of_grpc_alone_is_told_what_it_reached() {
    let server = servers::ours(|server| server.add_service(EchoServiceServer::new(Echo))).await;
    let answer = exchange(&server, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 505 "), "{answer}");
    assert!(answer.contains("This is a gRPC server"), "{answer}");
}

#[tokio::test]
async fn a_client_that_sends_its_preface_in_drops_is_served() {
    let server = servers::ours(|server| server.add_service(EchoServiceServer::new(Echo))).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0" {
        stream.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "settings come first");
}
