//! One request, one response.

use meshrpc::{Response, Status};

use super::{only, pause, record_failure, record_single, with_options};
use crate::Failure;
use crate::conformance::client::timing::Timing;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceClient;
use crate::contracts::connectrpc::conformance::v1::{
    ClientCompatRequest, ClientResponseResult, ConformancePayload,
};

pub(super) async fn make(
    client: &ConformanceServiceClient,
    asked: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    match asked.method() {
        "IdempotentUnary" => {
            let call = client.idempotent_unary(only("IdempotentUnaryRequest", asked)?);
            follow(with_options!(call, asked), asked, |m| m.payload).await
        }
        "Unimplemented" => {
            let call = client.unimplemented(only("UnimplementedRequest", asked)?);
            follow(with_options!(call, asked), asked, |_| None).await
        }
        _ => {
            let call = client.unary(only("UnaryRequest", asked)?);
            follow(with_options!(call, asked), asked, |m| m.payload).await
        }
    }
}

async fn follow<M>(
    call: impl Future<Output = Result<Response<M>, Status>>,
    asked: &ClientCompatRequest,
    payload: impl FnOnce(M) -> Option<ConformancePayload>,
) -> Result<ClientResponseResult, Failure> {
    pause(asked).await;
    let mut result = ClientResponseResult::default();
    let rest = async {
        record_single(&mut result, call.await?, payload);
        Ok(())
    };
    if let Err(status) = Timing::of(asked).limit(rest).await {
        record_failure(&mut result, &status);
    }
    Ok(result)
}
