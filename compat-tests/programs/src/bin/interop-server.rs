//! gRPC's interoperability server, with the flags of the other languages' ones; health and
//! reflection stand beside it.

use meshrpc::Server;
use meshrpc::codec::Encoding;
use meshrpc_compat::contracts::grpc::testing::test_service::TestServiceServer;
use meshrpc_compat::flags::Flags;
use meshrpc_compat::interop::service::InteropService;
use meshrpc_compat::{Failure, interop::tls};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let flags = Flags::from_env(&[
        ("address", "127.0.0.1"),
        ("port", "10000"),
        ("use_tls", "false"),
        ("tls_cert_file", ""),
        ("tls_key_file", ""),
        ("max_concurrent_streams_limit", "0"),
    ])?;
    let mut limits = meshrpc::Limits::default();
    if let streams @ 1.. = flags.value("max_concurrent_streams_limit")? {
        limits.max_concurrent_streams = streams;
    }
    let service = TestServiceServer::new(InteropService).send_compressed(Encoding::Gzip);
    let (health, health_service) = meshrpc::health::service();
    health.set_serving("grpc.testing.TestService");
    let mut server = Server::builder()
        .limits(limits)
        .add_service(service)
        .add_service(health_service)
        .reflection();
    if flags.value("use_tls")? {
        server = server.tls(tls::server(&flags)?);
    }
    let address = (flags.text("address"), flags.value::<u16>("port")?);
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    server.serve_listener(listener).await?;
    Ok(())
}
