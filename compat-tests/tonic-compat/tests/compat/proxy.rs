//! A catch-all handler that sends every call on: the raw messages of all four kinds.

use meshrpc::Code;
use tonic_compat::contracts::compat::v1::echo_service::{EchoServiceClient, EchoServiceServer};
use tonic_compat::ours::Echo;
use tonic_compat::tonic_contracts::echo_service_client;

use crate::{drive, servers};

#[tokio::test]
async fn a_proxy_forwards_all_kinds_without_knowing_the_contract() {
    let behind = servers::ours(|server| server.add_service(EchoServiceServer::new(Echo))).await;
    let channel = behind.our_channel().await;
    let proxy = servers::ours(|server| server.fallback(channel)).await;
    drive::our_client(&EchoServiceClient::new(proxy.our_channel().await), true).await;
    let channel = proxy.tonic_channel().await;
    let client = echo_service_client::EchoServiceClient::new(channel);
    drive::their_client(client, true).await;
}

#[tokio::test]
async fn a_service_of_the_proxys_own_is_not_forwarded() {
    let behind = servers::ours(|server| server).await;
    let channel = behind.our_channel().await;
    let proxy = servers::ours(|server| {
        server
            .add_service(EchoServiceServer::new(Echo))
            .fallback(channel)
    })
    .await;
    drive::our_client(&EchoServiceClient::new(proxy.our_channel().await), true).await;
    let mut grpc = tonic::client::Grpc::new(proxy.tonic_channel().await);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/compat.v1.EchoService/Sing");
    let codec = tonic_prost::ProstCodec::<(), ()>::new();
    let call = grpc.unary(tonic::Request::new(()), path, codec);
    let status = call.await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("has no method"), "{status}");
}
