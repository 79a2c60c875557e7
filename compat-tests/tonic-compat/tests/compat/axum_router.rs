//! Our services in an axum router, and an axum router beside our services.

use axum::Router;
use axum::routing::get;
use meshrpc::Code;
use tonic_compat::contracts::compat::v1::SayRequest;
use tonic_compat::contracts::compat::v1::echo_service::{EchoServiceClient, EchoServiceServer};
use tonic_compat::ours::Echo;
use tonic_compat::tonic_contracts::echo_service_client;

use crate::{drive, servers};

fn say(text: &str) -> SayRequest {
    SayRequest {
        text: text.to_owned(),
        times: 0,
    }
}

async fn in_axum() -> servers::Running {
    let service = EchoServiceServer::new(Echo).into_http();
    let router = Router::new()
        .route("/hello", get(async || "hello"))
        .route_service("/compat.v1.EchoService/{*method}", service);
    servers::axum(router).await
}

#[tokio::test]
async fn our_service_answers_all_kinds_in_an_axum_router() {
    let server = in_axum().await;
    drive::our_client(&EchoServiceClient::new(server.our_channel().await), true).await;
    let channel = server.tonic_channel().await;
    let client = echo_service_client::EchoServiceClient::new(channel);
    drive::their_client(client, true).await;
}

/// A plain HTTP/2 request, by an HTTP client.
async fn get_h2(server: &servers::Running, path: &str) -> (u16, String) {
    let stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let (mut send, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let uri = format!("http://{}{path}", server.address);
    let request = http::Request::get(uri).body(()).unwrap();
    let (response, _) = send.send_request(request, true).unwrap();
    let response = response.await.unwrap();
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(data) = body.data().await {
        text.extend_from_slice(&data.unwrap());
    }
    (status, String::from_utf8(text).unwrap())
}

async fn beside() -> servers::Running {
    servers::ours(|server| {
        let router = Router::new().route("/hello", get(async || "hello from axum"));
        server
            .add_service(EchoServiceServer::new(Echo))
            .fallback_http(router)
    })
    .await
}

#[tokio::test]
async fn an_axum_router_answers_beside_our_services_on_one_port() {
    let server = beside().await;
    let (status, text) = get_h2(&server, "/hello").await;
    assert_eq!((status, text.as_str()), (200, "hello from axum"));
    assert_eq!(get_h2(&server, "/nothing").await.0, 404);
    let client = EchoServiceClient::new(server.our_channel().await);
    drive::our_client(&client, true).await;
}

#[tokio::test]
async fn a_call_that_nobody_answers_is_unimplemented_and_not_a_page() {
    let server = servers::ours(|server| server.fallback_http(Router::new())).await;
    let client = EchoServiceClient::new(server.our_channel().await);
    let status = client.say(say("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("no service answers"), "{status}");
}

#[tokio::test]
async fn services_inside_of_a_mounted_router_are_found() {
    let service = EchoServiceServer::new(Echo).into_http();
    let router = Router::new().route_service("/compat.v1.EchoService/{*method}", service);
    let server = servers::ours(|server| server.fallback_http(router)).await;
    let client = EchoServiceClient::new(server.our_channel().await);
    drive::our_client(&client, true).await;
}
