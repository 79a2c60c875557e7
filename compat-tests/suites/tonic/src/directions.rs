//! The places that a service and a client of either kind are put in.

use std::net::SocketAddr;

use interop_tonic::echo::Echo;
use interop_tonic::service::Peer;
use meshrpc::codec::Encoding;
use meshrpc::server::Mounted;
use meshrpc::{Channel, Server};
use meshrpc_compat::Failure;
use meshrpc_compat::contracts::grpc::testing::test_service::{TEST_SERVICE, TestServiceServer};
use meshrpc_compat::interop::service::InteropService;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::tally::{Service, Tally};

/// Everything, one direction after the other.
pub(crate) async fn all(tally: &mut Tally) -> Result<(), Failure> {
    over_our_channel(tally).await?;
    on_our_server(tally).await?;
    on_tonics_server(tally).await?;
    in_an_axum_router(tally).await
}

fn our_service() -> TestServiceServer<InteropService> {
    TestServiceServer::new(InteropService).send_compressed(Encoding::Gzip)
}

async fn listen() -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn channel(address: SocketAddr) -> Result<Channel, Failure> {
    Ok(Channel::connect(format!("http://{address}")).await?)
}

async fn tonics_channel(address: SocketAddr) -> Result<tonic::transport::Channel, Failure> {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.connect().await?)
}

/// 1. tonic's client over our channel: as it is, and with the contract described to it.
async fn over_our_channel(tally: &mut Tally) -> Result<(), Failure> {
    let (listener, address) = listen().await?;
    let server = Server::builder().add_service(our_service());
    tokio::spawn(server.serve_listener(listener));
    let channel = channel(address).await?;
    tally
        .tonics("over our channel", Service::Ours, channel.clone())
        .await;
    tally
        .tonics(
            "over our channel, described",
            Service::Ours,
            channel.describe(&TEST_SERVICE),
        )
        .await;
    Ok(())
}

/// 2. tonic's services on our server: the interop one, and tonic-health's.
async fn on_our_server(tally: &mut Tally) -> Result<(), Failure> {
    let (listener, address) = listen().await?;
    let service = interop_tonic::test_service_server::TestServiceServer::new(Peer);
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("grpc.testing.TestService", ServingStatus::Serving)
        .await;
    let service = Mounted::new(Echo(service)).send_compressed(Encoding::Gzip);
    let server = Server::builder().add_service(service).mount(health);
    tokio::spawn(server.serve_listener(listener));

    let (place, channel) = ("on our server", channel(address).await?);
    tally.ours(place, Service::Tonic, &channel).await;
    let other = tonics_channel(address).await?;
    tally.tonics(place, Service::Tonic, other).await;
    let check = async {
        let mut client = HealthClient::new(channel);
        let request = HealthCheckRequest {
            service: "grpc.testing.TestService".to_owned(),
        };
        let answer = client.check(request).await?.into_inner();
        if answer.status() == tonic_health::pb::health_check_response::ServingStatus::Serving {
            return Ok::<(), tonic::Status>(());
        }
        Err(tonic::Status::internal(format!("{answer:?}")))
    };
    tally
        .count(place, "tonic-health's client", "check", check)
        .await;
    Ok(())
}

/// 3. Our service on tonic's server.
async fn on_tonics_server(tally: &mut Tally) -> Result<(), Failure> {
    let (listener, address) = listen().await?;
    let server = tonic::transport::Server::builder().add_service(our_service().into_http());
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    both_clients(tally, "on tonic's server", address).await
}

/// 3. Our service in an axum router.
async fn in_an_axum_router(tally: &mut Tally) -> Result<(), Failure> {
    let (listener, address) = listen().await?;
    let router = axum::Router::new().route_service(
        "/grpc.testing.TestService/{*method}",
        our_service().into_http(),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    both_clients(tally, "in an axum router", address).await
}

async fn both_clients(tally: &mut Tally, place: &str, address: SocketAddr) -> Result<(), Failure> {
    tally
        .ours(place, Service::Ours, &channel(address).await?)
        .await;
    tally
        .tonics(place, Service::Ours, tonics_channel(address).await?)
        .await;
    Ok(())
}
