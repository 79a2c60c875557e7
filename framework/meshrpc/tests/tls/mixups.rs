//! TLS where there is none, and the reverse.

use meshrpc::{Channel, Code};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::authority::Authority;
use super::handshake::{failure, serve};
use crate::support::echo_service::EchoServiceClient;
use crate::support::{self, note};

#[tokio::test]
async fn tls_to_a_plaintext_port_says_so() {
    let server = support::serve().await;
    let channel = Channel::connect(&server.target).await.unwrap();
    let target = server.target.replace("http://", "https://");
    let error = failure(&target, Authority::new().client()).await;
    assert!(error.contains("http://…, not https://…"), "{error}");
    EchoServiceClient::new(channel)
        .say(note("unharmed"))
        .await
        .unwrap();
}

#[tokio::test]
async fn plaintext_to_a_tls_port_says_so() {
    let authority = Authority::new();
    let server = serve(authority.server()).await;
    let target = server.target.replace("https://", "http://");
    let error = Channel::connect(&target).await.unwrap_err().to_string();
    assert!(error.contains("https://…"), "{error}");

    let lazy = Channel::connect_lazy(&target).unwrap();
    let status = EchoServiceClient::new(lazy)
        .say(note("x"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("https://…"), "{status:?}");

    let channel = Channel::builder(&server.target)
        .tls(authority.client())
        .connect()
        .await;
    EchoServiceClient::new(channel.unwrap())
        .say(note("unharmed"))
        .await
        .unwrap();
}

/// A server that answers whatever it gets with `answer`, and closes.
async fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    target
}

#[tokio::test]
async fn a_server_that_is_no_grpc_server_is_named_for_what_it_is() {
    for (answer, word) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"[..],
            "answered in HTTP/1",
        ),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "not HTTP/2"),
        (b"", "closed the connection"),
    ] {
        let target = answering(answer).await;
        let error = Channel::connect(&target).await.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert!(error.contains(&target), "{error}");

        let lazy = Channel::connect_lazy(&target).unwrap();
        let status = EchoServiceClient::new(lazy)
            .say(note("x"))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains(word), "{status:?}");
    }
}
