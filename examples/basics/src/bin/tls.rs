//! TLS in both directions: the client makes sure of the server, and the server of the client.

use meshrpc::{
    CallRequest, CallResponse, Channel, ClientTls, Interceptor, Next, Server, ServerTls, Status,
};
use meshrpc_examples::contracts::greeter::v1::GreetRequest;
use meshrpc_examples::contracts::greeter::v1::greeter_service::{
    GreeterServiceClient, GreeterServiceServer,
};
use meshrpc_examples::{Error, Greeter};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;

/// Certificates are usually files, made by somebody else: `ServerTls::from_files`,
/// `ClientTls::ca_file`. Here they are made on the spot.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self(CertifiedIssuer::self_signed(
            params,
            KeyPair::generate()?,
        )?))
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for `name` and its key, in PEM.
    fn issue(&self, name: &str) -> Result<(String, String), Error> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.0)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

/// Says which clients showed a certificate. A handler finds it in `request.peer()` as well.
struct WhoCalls;

impl Interceptor for WhoCalls {
    async fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        let tls = request.context.peer().and_then(|peer| peer.tls.as_ref());
        // In DER, verified, the client's own first: what to read out of it is yours to say.
        let shown = tls.map_or(0, |tls| tls.certificates.len());
        println!("the client showed {shown} certificate(s)");
        next.run(request).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let authority = Authority::new()?;

    let (certificate, key) = authority.issue("localhost")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let server = Server::builder()
        .tls(ServerTls::from_pem(certificate, key).client_ca_pem(authority.pem()))
        .intercept(WhoCalls)
        .add_service(GreeterServiceServer::new(Greeter));
    tokio::spawn(server.serve_listener(listener));

    // `https://` is TLS, `http://` is not; a name that asked for TLS never gets less.
    let target = format!("https://localhost:{port}");
    let (certificate, key) = authority.issue("a-client")?;
    let tls = ClientTls::new().ca_pem(authority.pem());

    let friend = tls.clone().identity_pem(certificate, key);
    println!("a friend: {}", greeted(&target, friend).await?);

    for (who, tls) in [
        ("a stranger", tls),
        (
            "one who trusts somebody else",
            ClientTls::new().ca_pem(Authority::new()?.pem()),
        ),
    ] {
        match greeted(&target, tls).await {
            Ok(text) => return Err(format!("{who} was let in: {text}").into()),
            Err(_) => println!("{who}: turned away"),
        }
    }
    Ok(())
}

async fn greeted(target: &str, tls: ClientTls) -> Result<String, Error> {
    let channel = Channel::builder(target).tls(tls).connect().await?;
    let client = GreeterServiceClient::new(channel);
    let name = "friend".to_owned();
    let response = client.greet(GreetRequest { name }).await?;
    Ok(response.into_inner().text)
}
