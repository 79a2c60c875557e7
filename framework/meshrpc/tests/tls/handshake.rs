use std::sync::Arc;
use std::time::Duration;

use meshrpc::client::{Address, Connector};
use meshrpc::testing::pipe;
use meshrpc::{Channel, ClientTls, Limits, Server, ServerTls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::authority::Authority;
use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, Running, note, serve_with};

pub async fn serve(tls: ServerTls) -> Running {
    let mut running =
        serve_with(|server| server.tls(tls).add_service(EchoServiceServer::new(Echo))).await;
    running.target = running.target.replace("http://", "https://");
    running
}

/// What connecting to `target` ends with.
pub async fn failure(target: &str, tls: ClientTls) -> String {
    let error = Channel::builder(target).tls(tls).connect().await;
    error.expect_err("no channel").to_string()
}

#[tokio::test]
async fn calls_cross_tls_large_and_small() {
    let authority = Authority::new();
    let server = serve(authority.server()).await;
    let channel = Channel::builder(&server.target)
        .tls(authority.client())
        .connect()
        .await
        .unwrap();
    let client = EchoServiceClient::new(channel);
    let texts = ["small".to_owned(), "x".repeat(3 * 1024 * 1024)];
    for text in texts {
        let said = client.say(note(&text)).await.unwrap();
        assert!(said.get_ref().text == text);
    }
    // Nobody asked for a provider of the whole process.
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}

#[tokio::test]
async fn a_host_name_and_an_override_are_both_held_against_the_certificate() {
    let authority = Authority::new();
    let server = serve(authority.server()).await;
    let by_name = server.target.replace("127.0.0.1", "localhost");
    Channel::builder(&by_name)
        .tls(authority.client())
        .connect()
        .await
        .unwrap();
    Channel::builder(&server.target)
        .tls(authority.client().server_name("localhost"))
        .connect()
        .await
        .unwrap();

    let error = failure(
        &server.target,
        authority.client().server_name("bank.example"),
    )
    .await;
    assert!(error.contains("is for another name"), "{error}");
    assert!(error.contains("ClientTls::server_name"), "{error}");

    let error = failure(&server.target, authority.client().server_name("no name:1")).await;
    assert!(error.contains("\"no name:1\" is no name"), "{error}");
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_named_as_the_reason() {
    let server = serve(Authority::new().server()).await;
    let error = failure(&server.target, Authority::new().client()).await;
    assert!(error.contains("no authority that is trusted"), "{error}");
    assert!(error.contains("ca_file"), "{error}");
}

/// A TLS server with these ALPN protocols that says nothing else.
async fn silent_server(authority: &Authority, alpn: &[&[u8]]) -> String {
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server_config(authority, alpn)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    target
}

fn server_config(authority: &Authority, alpn: &[&[u8]]) -> rustls::ServerConfig {
    let issued = authority.issue(&["localhost", "127.0.0.1"]);
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(
        vec![CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()],
        PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap(),
    )
    .unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    config
}

fn client_config(authority: &Authority, alpn: &[&[u8]]) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
        .unwrap();
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_root_certificates(roots)
    .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    config
}

#[tokio::test]
async fn a_tls_server_without_http2_is_told_from_a_grpc_server() {
    let authority = Authority::new();
    for alpn in [&[][..], &[b"http/1.1".as_slice()]] {
        let target = silent_server(&authority, alpn).await;
        let error = failure(&target, authority.client()).await;
        assert!(error.contains("HTTP/2"), "{error}");
        assert!(error.contains("ALPN h2"), "{error}");
        assert!(error.contains("is it a gRPC server?"), "{error}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_offer_http2_is_not_served() {
    let authority = Authority::new();
    let server = serve(authority.server()).await;
    let address = server.target.trim_start_matches("https://").to_owned();
    for alpn in [&[][..], &[b"http/1.1".as_slice()]] {
        let connector = tokio_rustls::TlsConnector::from(Arc::new(client_config(&authority, alpn)));
        let stream = TcpStream::connect(&address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        if let Ok(mut stream) = connector.connect(name, stream).await {
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all).await;
            assert_eq!(all, b"", "nothing but the end");
        }
    }
}

#[tokio::test]
async fn rustls_configurations_of_the_users_own_are_taken() {
    let authority = Authority::new();
    for alpn in [&[][..], &[b"h2".as_slice(), b"http/1.1"]] {
        let server = serve(ServerTls::from_rustls(server_config(&authority, alpn))).await;
        let tls = ClientTls::from_rustls(client_config(&authority, alpn));
        let channel = Channel::builder(&server.target).tls(tls).connect().await;
        EchoServiceClient::new(channel.unwrap())
            .say(note("hello"))
            .await
            .unwrap();
    }
    let tls = ClientTls::from_rustls(client_config(&authority, &[b"http/1.1"]));
    let error = failure("https://localhost:1", tls).await;
    assert!(error.contains("alpn_protocols lack \"h2\""), "{error}");
}

#[cfg(not(any(feature = "native-roots", feature = "webpki-roots")))]
#[tokio::test]
async fn nobody_to_trust_is_an_error_that_names_the_ways_out() {
    for error in [
        failure("https://localhost:1", ClientTls::new()).await,
        Channel::connect_lazy("https://localhost:1")
            .unwrap_err()
            .to_string(),
    ] {
        for remedy in ["ca_file", "native-roots", "webpki-roots"] {
            assert!(error.contains(remedy), "{error}");
        }
    }
}

#[tokio::test]
async fn tls_asked_for_is_never_plaintext() {
    let tls = Authority::new().client();
    let error = failure("http://127.0.0.1:1", tls).await;
    assert!(error.contains("https://"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_is_given_up_and_holds_nobody_up() {
    let mut limits = Limits::default();
    limits.handshake_timeout = Duration::from_secs(4);
    let authority = Authority::new();
    let (connector, listener) = pipe();
    let server = Server::builder()
        .limits(limits)
        .tls(authority.server())
        .add_service(EchoServiceServer::new(Echo));
    tokio::spawn(server.serve_listener(listener));

    let mut silent = connector
        .connect(&Address::Named("x".into()))
        .await
        .unwrap();
    let start = tokio::time::Instant::now();
    let channel = Channel::builder("https://localhost")
        .connector(connector)
        .tls(authority.client())
        .connect()
        .await
        .unwrap();
    EchoServiceClient::new(channel)
        .say(note("not held up"))
        .await
        .unwrap();
    let _ = silent.read_to_end(&mut Vec::new()).await;
    assert_eq!(start.elapsed().as_secs(), 4);
}
