//! One request, any number of responses.

use super::{only, pause, record_failure, with_options};
use crate::Failure;
use crate::conformance::client::timing::{Timing, given_up};
use crate::conformance::convert;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceClient;
use crate::contracts::connectrpc::conformance::v1::{ClientCompatRequest, ClientResponseResult};

pub(super) async fn make(
    client: &ConformanceServiceClient,
    asked: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let call = client.server_stream(only("ServerStreamRequest", asked)?);
    let call = with_options!(call, asked);
    pause(asked).await;
    let timing = Timing::of(asked);
    let mut result = ClientResponseResult::default();
    let rest = async {
        let response = call.await?;
        result.response_headers = convert::headers(response.metadata());
        let mut responses = response.into_inner();
        while let Some(response) = responses.message().await? {
            result.payloads.push(response.payload.unwrap_or_default());
            if timing.after_responses == Some(result.payloads.len()) {
                drop(responses);
                return Err(given_up());
            }
        }
        result.response_trailers = responses
            .trailers()
            .map(convert::headers)
            .unwrap_or_default();
        Ok(())
    };
    if let Err(status) = timing.limit(rest).await {
        record_failure(&mut result, &status);
    }
    Ok(result)
}
