//! The server under test: one request says how to serve, one answer says where.

use meshrpc::codec::Encoding;
use meshrpc::{Limits, Server, ServerTls};
use tokio::io::{stdin, stdout};
use tokio::net::TcpListener;

use super::framing;
use super::service::Conformance;
use crate::Failure;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceServer;
use crate::contracts::connectrpc::conformance::v1::{ServerCompatRequest, ServerCompatResponse};

/// Serves as the runner says, until it ends the process.
///
/// # Errors
/// When the instructions can't be read or followed.
pub async fn run() -> Result<(), Failure> {
    let asked: ServerCompatRequest = framing::read(&mut stdin())
        .await?
        .ok_or("no ServerCompatRequest on the standard input")?;
    let mut limits = Limits::default();
    if asked.message_receive_limit > 0 {
        limits.max_receive_message = asked.message_receive_limit as usize;
    }
    let service = ConformanceServiceServer::new(Conformance).send_compressed(Encoding::Gzip);
    let mut server = Server::builder().limits(limits).add_service(service);
    let creds = asked.server_creds.unwrap_or_default();
    if asked.use_tls {
        let mut tls = ServerTls::from_pem(&creds.cert, &creds.key);
        if !asked.client_tls_cert.is_empty() {
            tls = tls.client_ca_pem(&asked.client_tls_cert);
        }
        server = server.tls(tls);
    }

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let told = ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
        pem_cert: if asked.use_tls {
            creds.cert
        } else {
            Vec::new()
        },
    };
    framing::write(&mut stdout(), &told).await?;
    server.serve_listener(listener).await?;
    Ok(())
}
