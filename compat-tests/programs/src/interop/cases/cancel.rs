//! Calls that end early: given up by the caller, or out of time.

use std::time::Duration;

use meshrpc::Code;

use super::{
    Outcome, REQUEST_SIZES, RESPONSE_SIZES, fails_with, has_size, output_request, response_of,
};
use crate::contracts::grpc::testing::test_service::TestServiceClient;

/// Dropping a sender that has not finished cancels the call, and the call says so.
pub(super) async fn after_begin(client: &TestServiceClient) -> Outcome {
    let (requests, reply) = client.streaming_input_call().start();
    drop(requests);
    fails_with(reply.await, Code::Cancelled, None)
}

pub(super) async fn after_first_response(client: &TestServiceClient) -> Outcome {
    let (mut requests, reply) = client.full_duplex_call().start();
    let request = output_request([response_of(RESPONSE_SIZES[0])], REQUEST_SIZES[0]);
    requests.send(request).await?;
    let mut responses = reply.await?.into_inner();
    let response = responses.message().await?.ok_or("no response")?;
    has_size(response.payload.as_ref(), RESPONSE_SIZES[0])?;
    drop(requests);
    fails_with(responses.message().await, Code::Cancelled, None)
}

pub(super) async fn timeout(client: &TestServiceClient) -> Outcome {
    let call = client.full_duplex_call().timeout(Duration::from_millis(1));
    let (mut requests, reply) = call.start();
    // Time may be up before anything was sent.
    let _ = requests.send(output_request([], REQUEST_SIZES[0])).await;
    let answer = match reply.await {
        Ok(responses) => responses.into_inner().message().await,
        Err(status) => Err(status),
    };
    fails_with(answer, Code::DeadlineExceeded, None)
}
