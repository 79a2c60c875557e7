//! The interop cases, from a tonic client over any transport that tonic takes.
//!
//! tonic compresses all of a client's messages or none: client_compressed_streaming
//! is not here. It does not show whether a response came compressed:
//! server_compressed_* check contents. It merges trailers of a unary success into
//! the headers, so there the two can't be told apart.

use std::time::{Duration, Instant};

use crate::test_service_client::TestServiceClient;
use crate::unimplemented_service_client::UnimplementedServiceClient;
use crate::{
    BoolValue, EchoStatus, Empty, Flags, INITIAL_KEY, ResponseParameters, SimpleRequest,
    StreamingInputCallRequest, StreamingOutputCallRequest, StreamingOutputCallResponse,
    TRAILING_KEY, zeros,
};
use tokio_stream::StreamExt as _;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codec::CompressionEncoding;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, Streaming};

const REQUEST_SIZES: [usize; 4] = [27182, 8, 1828, 45904];
const RESPONSE_SIZES: [usize; 4] = [31415, 9, 2653, 58979];

/// What a case ends with.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What tonic's generated clients ask of a transport.
pub trait Transport:
    GrpcService<
        Body,
        ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send,
        Future: Send,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> Transport for T where
    T: GrpcService<
            Body,
            ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send,
            Future: Send,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: 314_159,
        payload: Some(zeros(271_828)),
        ..Default::default()
    }
}

fn output_request(size: usize, request_size: usize) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![parameters(size, None)],
        payload: Some(zeros(request_size)),
        ..Default::default()
    }
}

fn parameters(size: usize, compressed: Option<bool>) -> ResponseParameters {
    ResponseParameters {
        size: size as i32,
        interval_us: 0,
        compressed: compressed.map(|value| BoolValue { value }),
    }
}

fn size_of(response: StreamingOutputCallResponse) -> usize {
    response.payload.map_or(0, |payload| payload.body.len())
}

fn check(condition: bool, what: &str) -> Outcome {
    if condition {
        return Ok(());
    }
    Err(what.into())
}

fn fails_with<T>(code: Code, result: Result<T, Status>, message: Option<&str>) -> Outcome {
    let Err(status) = result else {
        return Err(format!("OK in place of {code:?}").into());
    };
    check(status.code() == code, &format!("{status:?}, not {code:?}"))?;
    check(
        message.is_none_or(|message| message == status.message()),
        &format!("message {:?}", status.message()),
    )
}

async fn large<T: Transport>(
    client: &mut TestServiceClient<T>,
    request: SimpleRequest,
) -> Result<(), Status> {
    let response = client.unary_call(request).await?.into_inner();
    match response.payload.map(|payload| payload.body.len()) {
        Some(314_159) => Ok(()),
        size => Err(Status::data_loss(format!("a payload of {size:?}"))),
    }
}

async fn sizes(mut stream: Streaming<StreamingOutputCallResponse>) -> Result<Vec<usize>, Status> {
    let mut sizes = Vec::new();
    while let Some(response) = stream.message().await? {
        sizes.push(size_of(response));
    }
    Ok(sizes)
}

async fn ping_pong<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let (out, requests) = tokio::sync::mpsc::channel(1);
    out.send(output_request(RESPONSE_SIZES[0], REQUEST_SIZES[0]))
        .await?;
    let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
    let mut responses = client.full_duplex_call(requests).await?.into_inner();
    for i in 0..4 {
        let response = responses.message().await?.ok_or("an early end")?;
        check(size_of(response) == RESPONSE_SIZES[i], "size")?;
        if i < 3 {
            out.send(output_request(RESPONSE_SIZES[i + 1], REQUEST_SIZES[i + 1]))
                .await?;
        }
    }
    drop(out);
    check(responses.message().await?.is_none(), "a response too many")
}

async fn client_compressed_unary<T: Transport>(
    mut client: TestServiceClient<T>,
    probe: bool,
) -> Outcome {
    let mut request = large_request();
    request.expect_compressed = Some(BoolValue { value: true });
    if probe {
        let answer = large(&mut client, request.clone()).await;
        fails_with(Code::InvalidArgument, answer, None)?;
    }
    let mut gzip = client.clone().send_compressed(CompressionEncoding::Gzip);
    large(&mut gzip, request.clone()).await?;
    request.expect_compressed = Some(BoolValue { value: false });
    Ok(large(&mut client, request).await?)
}

fn echoed(headers: &MetadataMap, trailers: &MetadataMap) -> Outcome {
    let initial = headers.get(INITIAL_KEY).map(|value| value.as_bytes());
    check(
        initial == Some(b"test_initial_metadata_value"),
        "initial metadata",
    )?;
    let trailing = trailers
        .get_bin(TRAILING_KEY)
        .and_then(|v| v.to_bytes().ok());
    check(
        trailing.as_deref() == Some(b"\xab\xab\xab"),
        "trailing metadata",
    )
}

fn with_metadata<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert(
        INITIAL_KEY,
        "test_initial_metadata_value".parse().expect("ASCII"),
    );
    metadata.insert_bin(
        TRAILING_KEY,
        tonic::metadata::BinaryMetadataValue::from_bytes(b"\xab\xab\xab"),
    );
    request
}

async fn custom_metadata<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let answer = client.unary_call(with_metadata(large_request())).await?;
    echoed(answer.metadata(), answer.metadata())?;
    let requests = tokio_stream::iter([output_request(314_159, 271_828)]);
    let answer: Response<Streaming<_>> = client.full_duplex_call(with_metadata(requests)).await?;
    let headers = answer.metadata().clone();
    let mut stream = answer.into_inner();
    while stream.message().await?.is_some() {}
    echoed(&headers, &stream.trailers().await?.unwrap_or_default())
}

async fn status_code_and_message<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let message = "test status message";
    let status = EchoStatus {
        code: 2,
        message: message.to_owned(),
    };
    let unary = SimpleRequest {
        response_status: Some(status.clone()),
        ..Default::default()
    };
    fails_with(Code::Unknown, client.unary_call(unary).await, Some(message))?;
    let duplex = tokio_stream::iter([StreamingOutputCallRequest {
        response_status: Some(status),
        ..Default::default()
    }]);
    let answer = match client.full_duplex_call(duplex).await {
        Ok(answer) => sizes(answer.into_inner()).await,
        Err(status) => Err(status),
    };
    fails_with(Code::Unknown, answer, Some(message))
}

async fn special_status_message<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    let request = SimpleRequest {
        response_status: Some(EchoStatus {
            code: 2,
            message: message.to_owned(),
        }),
        ..Default::default()
    };
    fails_with(
        Code::Unknown,
        client.unary_call(request).await,
        Some(message),
    )
}

/// tonic's cancellation is a dropped call: what it leaves is a channel that still works.
async fn cancel_after_begin<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let mut other = client.clone();
    let pending = tokio_stream::pending::<StreamingInputCallRequest>();
    let call = other.streaming_input_call(pending);
    let cancelled = tokio::time::timeout(Duration::from_millis(50), call).await;
    check(cancelled.is_err(), "an answer to an endless stream")?;
    client.empty_call(Empty {}).await?;
    Ok(())
}

async fn cancel_after_first_response<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let first = tokio_stream::once(output_request(RESPONSE_SIZES[0], REQUEST_SIZES[0]));
    let endless = first.chain(tokio_stream::pending());
    let mut responses = client.full_duplex_call(endless).await?.into_inner();
    let response = responses.message().await?.ok_or("no response")?;
    check(size_of(response) == RESPONSE_SIZES[0], "size")?;
    drop(responses);
    client.empty_call(Empty {}).await?;
    Ok(())
}

async fn timeout_on_sleeping_server<T: Transport>(mut client: TestServiceClient<T>) -> Outcome {
    let first = tokio_stream::once(StreamingOutputCallRequest {
        payload: Some(zeros(27182)),
        ..Default::default()
    });
    let mut request = Request::new(first.chain(tokio_stream::pending()));
    request.set_timeout(Duration::from_millis(1));
    let answer = match client.full_duplex_call(request).await {
        Ok(answer) => sizes(answer.into_inner()).await,
        Err(status) => Err(status),
    };
    // tonic's own timer says CANCELLED, the server's DEADLINE_EXCEEDED.
    match &answer {
        Err(status) if status.code() == Code::Cancelled => Ok(()),
        _ => fails_with(Code::DeadlineExceeded, answer, None),
    }
}

async fn rpc_soak<T: Transport>(client: TestServiceClient<T>, flags: &Flags) -> Outcome {
    let threads = flags.number("soak_num_threads", 1);
    let share = flags.number("soak_iterations", 10) / threads;
    let start = Instant::now();
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..threads {
        let mut client = client.clone();
        work.spawn(async move {
            for _ in 0..share {
                large(&mut client, large_request()).await?;
            }
            Ok::<(), Status>(())
        });
    }
    while let Some(done) = work.join_next().await {
        done??;
    }
    let limit = flags.number("soak_overall_timeout_seconds", 10);
    check(start.elapsed() < Duration::from_secs(limit), "too slow")
}

/// Runs one case.
///
/// # Errors
/// When the case fails, or there is none of that name.
pub async fn run<T: Transport>(case: &str, channel: T, flags: &Flags) -> Outcome {
    let mut client =
        TestServiceClient::new(channel.clone()).accept_compressed(CompressionEncoding::Gzip);
    match case {
        "empty_unary" => client.empty_call(Empty {}).await.map(drop)?,
        "large_unary" => large(&mut client, large_request()).await?,
        "client_streaming" => {
            let requests = REQUEST_SIZES.map(|size| StreamingInputCallRequest {
                payload: Some(zeros(size)),
                expect_compressed: None,
            });
            let answer = client
                .streaming_input_call(tokio_stream::iter(requests))
                .await?
                .into_inner();
            check(answer.aggregated_payload_size == 74922, "aggregate")?;
        }
        "server_streaming" | "server_compressed_streaming" => {
            let wanted: &[(usize, Option<bool>)] = if case == "server_streaming" {
                &RESPONSE_SIZES.map(|size| (size, None))
            } else {
                &[(31415, Some(true)), (92653, Some(false))]
            };
            let request = StreamingOutputCallRequest {
                response_parameters: wanted
                    .iter()
                    .map(|&(size, compressed)| parameters(size, compressed))
                    .collect(),
                ..Default::default()
            };
            let answer = client.streaming_output_call(request).await?;
            let wanted: Vec<usize> = wanted.iter().map(|(size, _)| *size).collect();
            check(sizes(answer.into_inner()).await? == wanted, "sizes")?;
        }
        "ping_pong" => ping_pong(client).await?,
        "empty_stream" => {
            let none = tokio_stream::empty::<StreamingOutputCallRequest>();
            let answer = client.full_duplex_call(none).await?;
            check(sizes(answer.into_inner()).await?.is_empty(), "a response")?;
        }
        "client_compressed_unary" => client_compressed_unary(client, true).await?,
        "client_compressed_unary_noprobe" => client_compressed_unary(client, false).await?,
        "server_compressed_unary" => {
            for value in [true, false] {
                let mut request = large_request();
                request.response_compressed = Some(BoolValue { value });
                large(&mut client, request).await?;
            }
        }
        "custom_metadata" => custom_metadata(client).await?,
        "status_code_and_message" => status_code_and_message(client).await?,
        "special_status_message" => special_status_message(client).await?,
        "unimplemented_method" => {
            let answer = client.unimplemented_call(Empty {}).await;
            fails_with(Code::Unimplemented, answer, None)?;
        }
        "unimplemented_service" => {
            let mut other = UnimplementedServiceClient::new(channel);
            let answer = other.unimplemented_call(Empty {}).await;
            fails_with(Code::Unimplemented, answer, None)?;
        }
        "cancel_after_begin" => cancel_after_begin(client).await?,
        "cancel_after_first_response" => cancel_after_first_response(client).await?,
        "timeout_on_sleeping_server" => timeout_on_sleeping_server(client).await?,
        "rpc_soak" => rpc_soak(client, flags).await?,
        _ => return Err(format!("no case is called {case}").into()),
    }
    Ok(())
}
