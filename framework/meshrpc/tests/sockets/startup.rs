//! Why a server does not start.

use meshrpc::Server;
use meshrpc::server::ServeError;
use tokio::net::TcpListener;

use crate::support::Echo;
use crate::support::echo_service::EchoServiceServer;

#[tokio::test]
async fn a_port_in_use_is_named_with_the_ways_out() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = Server::builder().serve(address).await.unwrap_err();
    assert!(matches!(error, ServeError::Listen { .. }));
    let error = error.to_string();
    for word in [
        &address.to_string(),
        "another process has the port",
        "0 picks a free one",
    ] {
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_named() {
    for (address, word) in [("127.0.0.1", "host:port"), ("192.0.2.1:0", "no interface")] {
        let error = Server::builder()
            .serve(address)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("can't listen on {address}:")),
            "{error}"
        );
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_service_twice_and_no_listener_are_errors() {
    let service = || EchoServiceServer::new(Echo);
    let twice = Server::builder()
        .add_service(service())
        .add_service(service());
    let error = twice.serve("127.0.0.1:0").await.unwrap_err().to_string();
    assert!(
        error.contains("mesh.test.v1.EchoService was added twice"),
        "{error}"
    );

    let error = Server::builder().serve_all().await.unwrap_err().to_string();
    assert!(error.contains("nothing to listen on"), "{error}");
}
