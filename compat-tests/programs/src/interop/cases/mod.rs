//! The client's side of the interop tests: one function a case, by the names that all
//! languages' programs know.

mod cancel;
mod compression;
mod metadata;
mod soak;
mod status;
mod streaming;
mod unary;

use meshrpc::{Channel, Code, Status};

pub use soak::Soak;

use super::zeros;
use crate::Failure;
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::contracts::grpc::testing::{
    Payload, ResponseParameters, SimpleRequest, StreamingOutputCallRequest,
};

/// What a case ends with.
pub type Outcome = Result<(), Failure>;

/// The sizes that the streaming cases send and ask for.
const REQUEST_SIZES: [usize; 4] = [27_182, 8, 1_828, 45_904];
const RESPONSE_SIZES: [usize; 4] = [31_415, 9, 2_653, 58_979];
/// The sizes of the large unary case.
const LARGE_REQUEST: usize = 271_828;
const LARGE_RESPONSE: usize = 314_159;

/// The cases that [`run`] knows.
pub const NAMES: &[&str] = &[
    "empty_unary",
    "cacheable_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "client_compressed_unary",
    "client_compressed_unary_noprobe",
    "server_compressed_unary",
    "client_compressed_streaming",
    "client_compressed_streaming_noprobe",
    "server_compressed_streaming",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "very_large_request",
    "concurrent_large_unary",
    "rpc_soak",
    "long_lived_channel",
];

/// Runs one case over `channel`.
///
/// # Errors
/// When the case fails, or there is none of that name.
pub async fn run(name: &str, channel: Channel, soak: &Soak) -> Outcome {
    let client = TestServiceClient::new(channel.clone());
    let client = &client;
    match name {
        "empty_unary" => unary::empty(client).await,
        "cacheable_unary" => unary::cacheable(client).await,
        "large_unary" => unary::large(client).await,
        "very_large_request" => unary::very_large(client).await,
        "client_streaming" => streaming::client(client).await,
        "server_streaming" => streaming::server(client).await,
        "ping_pong" => streaming::ping_pong(client).await,
        "empty_stream" => streaming::empty(client).await,
        "client_compressed_unary" => compression::client_unary(client, true).await,
        "client_compressed_unary_noprobe" => compression::client_unary(client, false).await,
        "server_compressed_unary" => compression::server_unary(client).await,
        "client_compressed_streaming" => compression::client_streaming(client, true).await,
        "client_compressed_streaming_noprobe" => compression::client_streaming(client, false).await,
        "server_compressed_streaming" => compression::server_streaming(client).await,
        "custom_metadata" => metadata::custom(client).await,
        "status_code_and_message" => status::code_and_message(client).await,
        "special_status_message" => status::special_message(client).await,
        "unimplemented_method" => status::unimplemented_method(client).await,
        "unimplemented_service" => status::unimplemented_service(channel).await,
        "cancel_after_begin" => cancel::after_begin(client).await,
        "cancel_after_first_response" => cancel::after_first_response(client).await,
        "timeout_on_sleeping_server" => cancel::timeout(client).await,
        "concurrent_large_unary" => soak::concurrent_large(client).await,
        "rpc_soak" | "long_lived_channel" => soak::soak(client, soak).await,
        _ => Err(format!(
            "no test case is called `{name}`; there are: {}",
            NAMES.join(" ")
        )
        .into()),
    }
}

fn check(condition: bool, what: impl FnOnce() -> String) -> Outcome {
    if condition {
        return Ok(());
    }
    Err(what().into())
}

/// The call failed with `code`, and with `message` if one is given.
fn fails_with<T>(result: Result<T, Status>, code: Code, message: Option<&str>) -> Outcome {
    let Err(status) = result else {
        return Err(format!("the call succeeded in place of {code:?}").into());
    };
    check(status.code() == code, || {
        format!("{status:?} in place of {code:?}")
    })?;
    check(
        message.is_none_or(|message| status.message() == message),
        || {
            format!(
                "message {:?} in place of {:?}",
                status.message(),
                message.unwrap_or_default()
            )
        },
    )
}

fn has_size(payload: Option<&Payload>, size: usize) -> Outcome {
    let found = payload.map_or(0, |payload| payload.body.len());
    check(found == size, || {
        format!("a payload of {found} bytes in place of {size}")
    })?;
    check(
        payload.is_none_or(|p| p.body.iter().all(|&byte| byte == 0)),
        || "a payload that is not all zeros".to_owned(),
    )
}

fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: size(LARGE_RESPONSE),
        payload: Some(zeros(LARGE_REQUEST)),
        ..Default::default()
    }
}

fn output_request(
    responses: impl IntoIterator<Item = ResponseParameters>,
    request_size: usize,
) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: responses.into_iter().collect(),
        payload: Some(zeros(request_size)),
        ..Default::default()
    }
}

fn response_of(bytes: usize) -> ResponseParameters {
    ResponseParameters {
        size: size(bytes),
        ..Default::default()
    }
}

fn size(bytes: usize) -> i32 {
    i32::try_from(bytes).expect("the cases' sizes are small")
}
