//! Calls that are meant to fail.

use meshrpc::{Channel, Code};

use super::{Outcome, fails_with};
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::contracts::grpc::testing::unimplemented_service::UnimplementedServiceClient;
use crate::contracts::grpc::testing::{
    EchoStatus, Empty, SimpleRequest, StreamingOutputCallRequest,
};

fn failing_with(message: &str) -> SimpleRequest {
    SimpleRequest {
        response_status: unknown(message),
        ..Default::default()
    }
}

fn unknown(message: &str) -> Option<EchoStatus> {
    Some(EchoStatus {
        code: Code::Unknown.into(),
        message: message.to_owned(),
    })
}

pub(super) async fn code_and_message(client: &TestServiceClient) -> Outcome {
    let message = "test status message";
    let answer = client.unary_call(failing_with(message)).await;
    fails_with(answer, Code::Unknown, Some(message))?;

    let (mut requests, reply) = client.full_duplex_call().start();
    let request = StreamingOutputCallRequest {
        response_status: unknown(message),
        ..Default::default()
    };
    requests.send(request).await?;
    // The server may have ended the call already.
    let _ = requests.finish().await;
    let answer = match reply.await {
        Ok(responses) => responses.into_inner().message().await,
        Err(status) => Err(status),
    };
    fails_with(answer, Code::Unknown, Some(message))
}

pub(super) async fn special_message(client: &TestServiceClient) -> Outcome {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    let answer = client.unary_call(failing_with(message)).await;
    fails_with(answer, Code::Unknown, Some(message))
}

pub(super) async fn unimplemented_method(client: &TestServiceClient) -> Outcome {
    let answer = client.unimplemented_call(Empty {}).await;
    fails_with(answer, Code::Unimplemented, None)
}

pub(super) async fn unimplemented_service(channel: Channel) -> Outcome {
    let client = UnimplementedServiceClient::new(channel);
    let answer = client.unimplemented_call(Empty {}).await;
    fails_with(answer, Code::Unimplemented, None)
}
