//! Any number of requests, one response.

use super::{pause, record_failure, record_single, with_metadata, with_options};
use crate::Failure;
use crate::conformance::client::timing::Timing;
use crate::conformance::convert;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceClient;
use crate::contracts::connectrpc::conformance::v1::{ClientCompatRequest, ClientResponseResult};

pub(super) async fn make(
    client: &ConformanceServiceClient,
    asked: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let (mut requests, reply) = with_metadata!(client.client_stream(), asked).start();
    let timing = Timing::of(asked);
    let mut unsent = asked.request_messages.len();
    for message in &asked.request_messages {
        pause(asked).await;
        let message = convert::unpack("ClientStreamRequest", message)?;
        if requests.send(message).await.is_err() {
            break;
        }
        unsent -= 1;
    }
    if timing.before_close_send {
        drop(requests);
    } else {
        // Why a call ended before its requests did, the reply says too.
        let _ = requests.finish().await;
    }
    let mut result = ClientResponseResult {
        num_unsent_requests: i32::try_from(unsent)?,
        ..Default::default()
    };
    let rest = async {
        record_single(&mut result, reply.await?, |m| m.payload);
        Ok(())
    };
    if let Err(status) = timing.limit(rest).await {
        record_failure(&mut result, &status);
    }
    Ok(result)
}
