//! The client under test: makes the calls that it is told to, all at once, and tells how
//! each ended.

mod calls;
mod timing;

use std::sync::Arc;

use meshrpc::{Channel, ClientTls, Limits};
use tokio::io::{stdin, stdout};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::framing;
use crate::Failure;
use crate::contracts::connectrpc::conformance::v1::client_compat_response::Result as Outcome;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceClient;
use crate::contracts::connectrpc::conformance::v1::{
    ClientCompatRequest, ClientCompatResponse, ClientErrorResult, ClientResponseResult,
};

const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";

/// Follows the instructions on the standard input until it ends.
///
/// # Errors
/// When they can't be read, or nobody reads the results.
pub async fn run() -> Result<(), Failure> {
    let (mut input, output) = (stdin(), Arc::new(Mutex::new(stdout())));
    let mut running = JoinSet::new();
    while let Some(asked) = framing::read::<ClientCompatRequest>(&mut input).await? {
        let output = Arc::clone(&output);
        running.spawn(async move {
            let test_name = asked.test_name.clone();
            let result = match follow(asked).await {
                Ok(response) => Outcome::Response(response),
                Err(error) => Outcome::Error(ClientErrorResult {
                    message: error.to_string(),
                }),
            };
            let response = ClientCompatResponse {
                test_name,
                result: Some(result),
            };
            framing::write(&mut *output.lock().await, &response).await
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// Makes one call. An error is one that kept the call from being made.
async fn follow(asked: ClientCompatRequest) -> Result<ClientResponseResult, Failure> {
    let service = asked.service.as_deref().unwrap_or(SERVICE);
    if service != SERVICE {
        return Err(format!("no service is called {service}").into());
    }
    let mut limits = Limits::default();
    if asked.message_receive_limit > 0 {
        limits.max_receive_message = asked.message_receive_limit as usize;
    }
    let (host, port) = (&asked.host, asked.port);
    let builder = if asked.server_tls_cert.is_empty() {
        Channel::builder(format!("http://{host}:{port}"))
    } else {
        let mut tls = ClientTls::new().ca_pem(&asked.server_tls_cert);
        if let Some(creds) = &asked.client_tls_creds {
            tls = tls.identity_pem(&creds.cert, &creds.key);
        }
        Channel::builder(format!("https://{host}:{port}")).tls(tls)
    };
    let channel = builder.limits(limits).connect().await?;
    calls::make(&ConformanceServiceClient::new(channel), &asked).await
}
