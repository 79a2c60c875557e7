//! The calls of each kind, through the generated client.

mod bidi;
mod client_streaming;
mod server_streaming;
mod unary;

use std::time::Duration;

use meshrpc::codec::Encoding;
use meshrpc::prost::Message;
use meshrpc::{Request, Response, ResponseExt as _, Status};

use crate::Failure;
use crate::conformance::convert;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceClient;
use crate::contracts::connectrpc::conformance::v1::{
    ClientCompatRequest, ClientResponseResult, Compression, ConformancePayload,
};

/// Sets what the suite says about the call as a whole. A macro, since the kinds of call share
/// their options' names, not a type.
macro_rules! with_options {
    ($call:expr, $asked:expr) => {{
        let mut call = $call;
        if let Some(millis) = $asked.timeout_ms {
            call = call.timeout(std::time::Duration::from_millis(millis.into()));
        }
        if let Some(encoding) = super::encoding($asked)? {
            call = call.compress(encoding);
        }
        call
    }};
}

/// The same, and the metadata, for calls that start without a request to carry it.
macro_rules! with_metadata {
    ($call:expr, $asked:expr) => {{
        let mut call = with_options!($call, $asked);
        for entry in convert::metadata(&$asked.request_headers).iter() {
            call = match entry {
                meshrpc::metadata::KeyAndValueRef::Ascii(name, value) => {
                    call.metadata(name, value.to_str()?)
                }
                meshrpc::metadata::KeyAndValueRef::Binary(name, value) => {
                    call.metadata_bin(name, value.to_bytes()?)
                }
            };
        }
        call
    }};
}
use {with_metadata, with_options};

fn encoding(asked: &ClientCompatRequest) -> Result<Option<Encoding>, Failure> {
    match asked.compression() {
        Compression::Unspecified | Compression::Identity => Ok(None),
        Compression::Gzip => Ok(Some(Encoding::Gzip)),
        Compression::Deflate => Ok(Some(Encoding::Deflate)),
        Compression::Zstd => Ok(Some(Encoding::Zstd)),
        other => Err(format!("{} is not supported", other.as_str_name()).into()),
    }
}

/// Makes the call that was asked for.
pub(super) async fn make(
    client: &ConformanceServiceClient,
    asked: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    match asked.method() {
        "Unary" | "IdempotentUnary" | "Unimplemented" => unary::make(client, asked).await,
        "ServerStream" => server_streaming::make(client, asked).await,
        "ClientStream" => client_streaming::make(client, asked).await,
        "BidiStream" => bidi::make(client, asked).await,
        method => Err(format!("no method is called {method}").into()),
    }
}

/// The one request of a call that has one, with its metadata.
fn only<M: Message + Default>(
    name: &str,
    asked: &ClientCompatRequest,
) -> Result<Request<M>, Failure> {
    let [message] = asked.request_messages.as_slice() else {
        let count = asked.request_messages.len();
        return Err(format!("{count} requests in place of one").into());
    };
    let mut request = Request::new(convert::unpack(name, message)?);
    *request.metadata_mut() = convert::metadata(&asked.request_headers);
    Ok(request)
}

/// The pause before each request.
async fn pause(asked: &ClientCompatRequest) {
    if asked.request_delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(asked.request_delay_ms.into())).await;
    }
}

/// Records how a call failed. A status has the metadata of headers and trailers together.
fn record_failure(result: &mut ClientResponseResult, status: &Status) {
    result.error = Some(convert::error(status));
    result.response_trailers = convert::headers(status.metadata());
}

/// Records the answer of a call that has one.
fn record_single<M>(
    result: &mut ClientResponseResult,
    response: Response<M>,
    payload: impl FnOnce(M) -> Option<ConformancePayload>,
) {
    result.response_headers = convert::headers(response.metadata());
    result.response_trailers = convert::headers(response.trailers());
    // An answer without payload is an answer still.
    let payload = payload(response.into_inner());
    result.payloads.push(payload.unwrap_or_default());
}
