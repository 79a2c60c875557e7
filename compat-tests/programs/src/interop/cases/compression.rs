//! Compressed and uncompressed messages, each checked to have come as it was asked for.
//!
//! The *probe* is an uncompressed message that claims to be compressed: a server that can
//! tell refuses it. For servers that can't there are the cases without.

use meshrpc::Code;
use meshrpc::codec::{Compressed, Encoding};

use super::{
    LARGE_RESPONSE, Outcome, check, fails_with, has_size, large_request, output_request,
    response_of, zeros,
};
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::contracts::grpc::testing::{BoolValue, ResponseParameters, StreamingInputCallRequest};

fn yes_or_no(value: bool) -> Option<BoolValue> {
    Some(BoolValue { value })
}

pub(super) async fn client_unary(client: &TestServiceClient, probe: bool) -> Outcome {
    let mut request = large_request();
    request.expect_compressed = yes_or_no(true);
    if probe {
        let answer = client.unary_call(request.clone()).await;
        fails_with(answer, Code::InvalidArgument, None)?;
    }
    let answer = client
        .unary_call(request.clone())
        .compress(Encoding::Gzip)
        .await?;
    has_size(answer.get_ref().payload.as_ref(), LARGE_RESPONSE)?;

    request.expect_compressed = yes_or_no(false);
    let answer = client.unary_call(request).await?;
    has_size(answer.get_ref().payload.as_ref(), LARGE_RESPONSE)
}

pub(super) async fn server_unary(client: &TestServiceClient) -> Outcome {
    for wanted in [true, false] {
        let mut request = large_request();
        request.response_compressed = yes_or_no(wanted);
        let answer = client.unary_call(request).await?;
        let compressed = answer.extensions().get::<Compressed>().is_some();
        check(compressed == wanted, || {
            format!("response_compressed: {wanted}, but it came compressed: {compressed}")
        })?;
        has_size(answer.get_ref().payload.as_ref(), LARGE_RESPONSE)?;
    }
    Ok(())
}

pub(super) async fn client_streaming(client: &TestServiceClient, probe: bool) -> Outcome {
    let message = |size, compressed| StreamingInputCallRequest {
        payload: Some(zeros(size)),
        expect_compressed: yes_or_no(compressed),
    };
    if probe {
        let (mut requests, reply) = client.streaming_input_call().start();
        requests.send(message(27_182, true)).await?;
        // The server may have answered already.
        let _ = requests.finish().await;
        fails_with(reply.await, Code::InvalidArgument, None)?;
    }
    let call = client.streaming_input_call().compress(Encoding::Gzip);
    let (mut requests, reply) = call.start();
    requests.send(message(27_182, true)).await?;
    requests.compress_next(false);
    requests.send(message(45_904, false)).await?;
    requests.finish().await?;
    let size = reply.await?.into_inner().aggregated_payload_size;
    check(size == 73_086, || format!("an aggregate of {size}"))
}

pub(super) async fn server_streaming(client: &TestServiceClient) -> Outcome {
    let wanted = [(31_415, true), (92_653, false)];
    let parameters = wanted.map(|(size, compressed)| ResponseParameters {
        compressed: yes_or_no(compressed),
        ..response_of(size)
    });
    let request = output_request(parameters, 0);
    let mut responses = client.streaming_output_call(request).await?.into_inner();
    for (size, compressed) in wanted {
        let response = responses.message().await?.ok_or("too few responses")?;
        check(responses.last_compressed() == compressed, || {
            format!("a response of {size} bytes should have come compressed: {compressed}")
        })?;
        has_size(response.payload.as_ref(), size)?;
    }
    check(responses.message().await?.is_none(), || {
        "a response too many".to_owned()
    })
}
