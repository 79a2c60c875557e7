//! `grpc.testing.TestService`, with everything that the interop cases ask of a server.

use std::time::Duration;

use meshrpc::codec::{Compressed, Uncompressed};
use meshrpc::metadata::{AsciiMetadataValue, BinaryMetadataValue, MetadataMap};
use meshrpc::{Code, Receiver, Request, Response, ResponseExt as _, Sender, Status};

use super::{INITIAL_KEY, TRAILING_KEY, zeros};
use crate::contracts::grpc::testing::test_service::TestService;
use crate::contracts::grpc::testing::{
    BoolValue, EchoStatus, Empty, Payload, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse,
};

/// The server's side of the interop cases.
#[derive(Debug)]
pub struct InteropService;

/// The metadata that a caller wants back.
struct Echo {
    initial: Option<AsciiMetadataValue>,
    trailing: Option<BinaryMetadataValue>,
}

impl Echo {
    fn asked_by(metadata: &MetadataMap) -> Self {
        Self {
            initial: metadata.get(INITIAL_KEY).cloned(),
            trailing: metadata.get_bin(TRAILING_KEY).cloned(),
        }
    }

    fn headers(&self, metadata: &mut MetadataMap) {
        if let Some(value) = &self.initial {
            metadata.insert(INITIAL_KEY, value.clone());
        }
    }

    fn trailers(&self, metadata: &mut MetadataMap) {
        if let Some(value) = &self.trailing {
            metadata.insert_bin(TRAILING_KEY, value.clone());
        }
    }

    fn respond<M>(&self, message: M) -> Response<M> {
        let mut response = Response::new(message);
        self.headers(response.metadata_mut());
        self.trailers(response.trailers_mut());
        response
    }
}

/// A status that the caller asked for is the call's outcome.
fn asked_status(asked: Option<EchoStatus>) -> Result<(), Status> {
    match asked {
        Some(status) if status.code != 0 => {
            Err(Status::new(Code::from(status.code), status.message))
        }
        _ => Ok(()),
    }
}

/// Refuses a message that came other than its sender says it was sent.
fn check_compression(expected: Option<BoolValue>, compressed: bool) -> Result<(), Status> {
    match expected {
        Some(expected) if expected.value != compressed => Err(Status::invalid_argument(format!(
            "expect_compressed is {}, but the message came {}",
            expected.value,
            if compressed {
                "compressed"
            } else {
                "uncompressed"
            },
        ))),
        _ => Ok(()),
    }
}

fn payload(size: i32) -> Result<Payload, Status> {
    usize::try_from(size)
        .map(zeros)
        .map_err(|_| Status::invalid_argument(format!("a payload of {size} bytes was asked for")))
}

fn len(payload: Option<Payload>) -> usize {
    payload.map_or(0, |payload| payload.body.len())
}

async fn send_all(
    parameters: Vec<ResponseParameters>,
    out: &mut Sender<StreamingOutputCallResponse>,
) -> Result<(), Status> {
    for one in parameters {
        if let Ok(micros @ 1..) = u64::try_from(one.interval_us) {
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
        out.compress_next(one.compressed.is_some_and(|asked| asked.value));
        let payload = Some(payload(one.size)?);
        out.send(StreamingOutputCallResponse { payload }).await?;
    }
    Ok(())
}

impl TestService for InteropService {
    async fn empty_call(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Echo::asked_by(request.metadata()).respond(Empty {}))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let echo = Echo::asked_by(request.metadata());
        let compressed = request.extensions().get::<Compressed>().is_some();
        let request = request.into_inner();
        check_compression(request.expect_compressed, compressed)?;
        if let Err(mut status) = asked_status(request.response_status) {
            echo.trailers(status.metadata_mut());
            return Err(status);
        }
        let mut response = echo.respond(SimpleResponse {
            payload: Some(payload(request.response_size)?),
            ..Default::default()
        });
        if !request.response_compressed.is_some_and(|asked| asked.value) {
            response.extensions_mut().insert(Uncompressed);
        }
        Ok(response)
    }

    async fn cacheable_unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let mut response = self.unary_call(request).await?;
        let lifetime = AsciiMetadataValue::from_static("max-age=60, public");
        response.metadata_mut().insert("cache-control", lifetime);
        Ok(response)
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
        out: &mut Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        let echo = Echo::asked_by(request.metadata());
        echo.headers(out.metadata_mut());
        echo.trailers(out.trailers_mut());
        let request = request.into_inner();
        asked_status(request.response_status)?;
        send_all(request.response_parameters, out).await
    }

    async fn streaming_input_call(
        &self,
        request: Request<Receiver<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let echo = Echo::asked_by(request.metadata());
        let mut incoming = request.into_inner();
        let mut size = 0;
        while let Some(request) = incoming.message().await? {
            check_compression(request.expect_compressed, incoming.last_compressed())?;
            size += len(request.payload);
        }
        let size = i32::try_from(size)
            .map_err(|_| Status::out_of_range(format!("{size} bytes don't fit an int32")))?;
        Ok(echo.respond(StreamingInputCallResponse {
            aggregated_payload_size: size,
        }))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Receiver<StreamingOutputCallRequest>>,
        out: &mut Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        let echo = Echo::asked_by(request.metadata());
        echo.headers(out.metadata_mut());
        echo.trailers(out.trailers_mut());
        let mut incoming = request.into_inner();
        while let Some(request) = incoming.message().await? {
            asked_status(request.response_status)?;
            send_all(request.response_parameters, out).await?;
        }
        Ok(())
    }

    async fn half_duplex_call(
        &self,
        request: Request<Receiver<StreamingOutputCallRequest>>,
        out: &mut Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        let echo = Echo::asked_by(request.metadata());
        echo.headers(out.metadata_mut());
        echo.trailers(out.trailers_mut());
        let mut incoming = request.into_inner();
        let mut asked = Vec::new();
        while let Some(request) = incoming.message().await? {
            asked.extend(request.response_parameters);
        }
        send_all(asked, out).await
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented(
            "grpc.testing.TestService/UnimplementedCall is what its name says",
        ))
    }
}
