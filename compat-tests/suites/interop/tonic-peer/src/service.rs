//! grpc.testing.TestService on tonic.
//!
//! tonic does not show a handler whether a message came compressed, and
//! compresses a whole stream or none of it: the suite leaves
//! `client_compressed_*`'s probes and `server_compressed_streaming` out.

use std::pin::Pin;
use std::time::Duration;

use crate::test_service_server::TestService;
use crate::{
    EchoStatus, Empty, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse, zeros,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status, Streaming};

type Outgoing = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;

/// The server's side of the interop cases.
#[derive(Debug)]
pub struct Peer;

fn asked_failure(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) => Err(Status::new(Code::from(status.code), status.message)),
        None => Ok(()),
    }
}

fn answers(
    request: StreamingOutputCallRequest,
) -> impl Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send {
    tokio_stream::iter(request.response_parameters).then(|parameters| async move {
        tokio::time::sleep(Duration::from_micros(parameters.interval_us as u64)).await;
        let payload = Some(zeros(parameters.size as usize));
        Ok(StreamingOutputCallResponse { payload })
    })
}

#[tonic::async_trait]
impl TestService for Peer {
    type StreamingOutputCallStream = Outgoing;
    type FullDuplexCallStream = Outgoing;
    type HalfDuplexCallStream = Outgoing;

    async fn empty_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let request = request.into_inner();
        asked_failure(request.response_status)?;
        let mut response = Response::new(SimpleResponse {
            payload: Some(zeros(request.response_size as usize)),
            ..Default::default()
        });
        if !request.response_compressed.is_some_and(|asked| asked.value) {
            response.disable_compression();
        }
        Ok(response)
    }

    async fn cacheable_unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        self.unary_call(request).await
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Outgoing>, Status> {
        let request = request.into_inner();
        asked_failure(request.response_status.clone())?;
        Ok(uncompressed(Box::pin(answers(request))))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut incoming = request.into_inner();
        let mut size = 0;
        while let Some(request) = incoming.message().await? {
            size += request.payload.map_or(0, |payload| payload.body.len());
        }
        Ok(Response::new(StreamingInputCallResponse {
            aggregated_payload_size: size as i32,
        }))
    }

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Outgoing>, Status> {
        let mut incoming = request.into_inner();
        let (out, stream) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                let request = match incoming.message().await {
                    Ok(Some(request)) => request,
                    Ok(None) => break,
                    Err(status) => {
                        let _ = out.send(Err(status)).await;
                        return;
                    }
                };
                if let Err(status) = asked_failure(request.response_status.clone()) {
                    let _ = out.send(Err(status)).await;
                    return;
                }
                let mut answers = std::pin::pin!(answers(request));
                while let Some(answer) = answers.next().await {
                    if out.send(answer).await.is_err() {
                        return;
                    }
                }
            }
        });
        let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
        Ok(uncompressed(Box::pin(stream)))
    }

    async fn half_duplex_call(
        &self,
        _: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Outgoing>, Status> {
        Err(Status::unimplemented("no interop case calls it"))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("UnimplementedCall"))
    }
}

/// Streams stay uncompressed: tonic's choice holds for a whole stream.
fn uncompressed(stream: Outgoing) -> Response<Outgoing> {
    let mut response = Response::new(stream);
    response.disable_compression();
    response
}
