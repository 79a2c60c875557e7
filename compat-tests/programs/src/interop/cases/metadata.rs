//! Metadata there and back: with the headers and, kept apart from them, with the trailers.

use meshrpc::ResponseExt as _;
use meshrpc::metadata::MetadataMap;

use super::{
    LARGE_REQUEST, LARGE_RESPONSE, Outcome, check, large_request, output_request, response_of,
};
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::interop::{INITIAL_KEY, TRAILING_KEY};

const INITIAL: &str = "test_initial_metadata_value";
const TRAILING: &[u8] = b"\xab\xab\xab";

pub(super) async fn custom(client: &TestServiceClient) -> Outcome {
    let response = client
        .unary_call(large_request())
        .metadata(INITIAL_KEY, INITIAL)
        .metadata_bin(TRAILING_KEY, TRAILING)
        .await?;
    came_back(response.metadata(), response.trailers())?;

    let (mut requests, reply) = client
        .full_duplex_call()
        .metadata(INITIAL_KEY, INITIAL)
        .metadata_bin(TRAILING_KEY, TRAILING)
        .start();
    let request = output_request([response_of(LARGE_RESPONSE)], LARGE_REQUEST);
    requests.send(request).await?;
    requests.finish().await?;
    let response = reply.await?;
    let headers = response.metadata().clone();
    let mut responses = response.into_inner();
    while responses.message().await?.is_some() {}
    let trailers = responses.trailers().ok_or("a good end has trailers")?;
    came_back(&headers, trailers)
}

fn came_back(headers: &MetadataMap, trailers: &MetadataMap) -> Outcome {
    let initial = headers
        .get(INITIAL_KEY)
        .and_then(|value| value.to_str().ok());
    check(initial == Some(INITIAL), || {
        format!("initial metadata {initial:?}")
    })?;
    let trailing = trailers
        .get_bin(TRAILING_KEY)
        .and_then(|value| value.to_bytes().ok());
    check(trailing.as_deref() == Some(TRAILING), || {
        format!("trailing metadata {trailing:?}")
    })?;
    check(
        headers.get_bin(TRAILING_KEY).is_none() && trailers.get(INITIAL_KEY).is_none(),
        || "headers and trailers are mixed up".to_owned(),
    )
}
