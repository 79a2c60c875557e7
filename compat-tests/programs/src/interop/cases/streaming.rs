//! Streams of requests, of responses, of both.

use super::{
    Outcome, REQUEST_SIZES, RESPONSE_SIZES, check, has_size, output_request, response_of, zeros,
};
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::contracts::grpc::testing::{StreamingInputCallRequest, StreamingOutputCallRequest};

pub(super) async fn client(client: &TestServiceClient) -> Outcome {
    let (mut requests, reply) = client.streaming_input_call().start();
    for size in REQUEST_SIZES {
        let payload = Some(zeros(size));
        requests
            .send(StreamingInputCallRequest {
                payload,
                expect_compressed: None,
            })
            .await?;
    }
    requests.finish().await?;
    let size = reply.await?.into_inner().aggregated_payload_size;
    check(size == 74_922, || format!("an aggregate of {size}"))
}

pub(super) async fn server(client: &TestServiceClient) -> Outcome {
    let request = StreamingOutputCallRequest {
        response_parameters: RESPONSE_SIZES.map(response_of).into(),
        ..Default::default()
    };
    let mut responses = client.streaming_output_call(request).await?.into_inner();
    for size in RESPONSE_SIZES {
        let response = responses.message().await?.ok_or("too few responses")?;
        has_size(response.payload.as_ref(), size)?;
    }
    check(responses.message().await?.is_none(), || {
        "a response too many".to_owned()
    })
}

pub(super) async fn ping_pong(client: &TestServiceClient) -> Outcome {
    let (mut requests, reply) = client.full_duplex_call().start();
    let mut sizes = REQUEST_SIZES.into_iter().zip(RESPONSE_SIZES);
    let mut asked = sizes.next();
    if let Some((request, response)) = asked {
        requests
            .send(output_request([response_of(response)], request))
            .await?;
    }
    let mut responses = reply.await?.into_inner();
    while let Some((_, size)) = asked {
        let response = responses.message().await?.ok_or("too few responses")?;
        has_size(response.payload.as_ref(), size)?;
        asked = sizes.next();
        if let Some((request, response)) = asked {
            requests
                .send(output_request([response_of(response)], request))
                .await?;
        }
    }
    requests.finish().await?;
    check(responses.message().await?.is_none(), || {
        "a response too many".to_owned()
    })
}

pub(super) async fn empty(client: &TestServiceClient) -> Outcome {
    let (mut requests, reply) = client.full_duplex_call().start();
    requests.finish().await?;
    let mut responses = reply.await?.into_inner();
    check(responses.message().await?.is_none(), || {
        "a response to an empty stream".to_owned()
    })
}
