//! One request, one response.

use super::{Outcome, check, has_size, large_request, zeros};
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::contracts::grpc::testing::{Empty, SimpleRequest};
use crate::interop::cases::LARGE_RESPONSE;

pub(super) async fn empty(client: &TestServiceClient) -> Outcome {
    let response = client.empty_call(Empty {}).await?;
    check(*response.get_ref() == Empty {}, || {
        "an answer with content".to_owned()
    })
}

pub(super) async fn cacheable(client: &TestServiceClient) -> Outcome {
    let request = SimpleRequest {
        response_size: 32,
        ..Default::default()
    };
    let response = client.cacheable_unary_call(request).await?;
    has_size(response.get_ref().payload.as_ref(), 32)
}

pub(super) async fn large(client: &TestServiceClient) -> Outcome {
    let response = client.unary_call(large_request()).await?;
    has_size(response.get_ref().payload.as_ref(), LARGE_RESPONSE)
}

/// Far beyond every window: only flow control in both directions gets it across.
pub(super) async fn very_large(client: &TestServiceClient) -> Outcome {
    const SIZE: usize = 3 * 1024 * 1024;
    let request = SimpleRequest {
        response_size: super::size(SIZE),
        payload: Some(zeros(SIZE)),
        ..Default::default()
    };
    let response = client.unary_call(request).await?;
    has_size(response.get_ref().payload.as_ref(), SIZE)
}
