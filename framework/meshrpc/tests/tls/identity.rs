use meshrpc::{Channel, Code, Request, RequestExt, ServerTls, Status};

use super::authority::{Authority, Issued};
use super::handshake::failure;
use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::say::Say;
use crate::support::{Note, Running, note, serve_with};

/// Serves what the handler knows about its client's certificates.
async fn serve(tls: ServerTls) -> Running {
    let mut running = serve_with(|server| {
        server
            .tls(tls)
            .add_service(EchoServiceServer::new(Say(|request: Request<Note>| {
                let peer = request.peer().ok_or_else(|| Status::internal("no peer"))?;
                let tls = peer.tls.ok_or_else(|| Status::internal("no TLS"))?;
                Ok(Note {
                    text: tls
                        .certificates
                        .first()
                        .map_or_else(String::new, |certificate| format!("{certificate:?}")),
                    number: i32::from(peer.remote_addr.is_some() && peer.local_addr.is_some()),
                })
            })))
    })
    .await;
    running.target = running.target.replace("http://", "https://");
    running
}

async fn client(
    target: &str,
    authority: &Authority,
    identity: Option<&Issued>,
) -> EchoServiceClient {
    let mut tls = authority.client();
    if let Some(identity) = identity {
        tls = tls.identity_pem(&identity.certificate, &identity.key);
    }
    let channel = Channel::builder(target).tls(tls).connect().await.unwrap();
    EchoServiceClient::new(channel)
}

#[tokio::test]
async fn a_clients_certificate_is_read_in_the_handler() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let identity = clients.issue(&["teller"]);
    let server = serve(authority.server().client_ca_pem(clients.pem())).await;
    let client = client(&server.target, &authority, Some(&identity)).await;
    let seen = client.say(note("who am I?")).await.unwrap().into_inner();
    assert_eq!(seen.text, format!("{:?}", bytes(&identity.der)));
    assert_eq!(seen.number, 1, "both addresses");
}

fn bytes(der: &[u8]) -> impl std::fmt::Debug {
    bytes::Bytes::copy_from_slice(der)
}

#[tokio::test]
async fn a_required_certificate_that_is_missing_or_foreign_is_named() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = serve(authority.server().client_ca_pem(clients.pem())).await;
    let error = failure(&server.target, authority.client()).await;
    assert!(error.contains("wants a client certificate"), "{error}");
    assert!(error.contains("identity_files"), "{error}");

    let foreign = Authority::new().issue(&["impostor"]);
    let tls = authority
        .client()
        .identity_pem(foreign.certificate, foreign.key);
    let error = failure(&server.target, tls).await;
    assert!(error.contains("does not accept"), "{error}");
}

#[tokio::test]
async fn an_optional_certificate_may_be_absent_but_not_foreign() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let tls = authority
        .server()
        .client_ca_pem(clients.pem())
        .client_auth_optional();
    let server = serve(tls).await;
    let nobody = client(&server.target, &authority, None).await;
    assert_eq!(nobody.say(note("")).await.unwrap().get_ref().text, "");
    let identity = clients.issue(&["teller"]);
    let somebody = client(&server.target, &authority, Some(&identity)).await;
    assert_ne!(somebody.say(note("")).await.unwrap().get_ref().text, "");

    let foreign = Authority::new().issue(&["impostor"]);
    let tls = authority
        .client()
        .identity_pem(foreign.certificate, foreign.key);
    let error = failure(&server.target, tls).await;
    assert!(error.contains("does not accept"), "{error}");
}

#[tokio::test]
async fn a_plaintext_peer_has_no_tls() {
    let server = serve_with(|server| {
        server.add_service(EchoServiceServer::new(Say(
            |request: Request<Note>| match request.peer() {
                Some(peer) if peer.tls.is_none() => Ok(note("plain")),
                other => Err(Status::internal(format!("{other:?}"))),
            },
        )))
    })
    .await;
    let channel = Channel::connect(&server.target).await.unwrap();
    let said = EchoServiceClient::new(channel).say(note("")).await;
    assert_eq!(
        said.map_err(|status| status.code())
            .map(|r| r.into_inner().text),
        Ok::<_, Code>("plain".into())
    );
}
