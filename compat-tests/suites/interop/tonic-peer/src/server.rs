//! grpc.testing.TestService on tonic.
//!
//! tonic does not show a handler whether a message came compressed, and
//! compresses a whole stream or none of it: the suite leaves
//! `client_compressed_*`'s probes and `server_compressed_streaming` out.

mod echo;

use std::pin::Pin;
use std::time::Duration;

use echo::Echo;
use interop_tonic::test_service_server::{TestService, TestServiceServer};
use interop_tonic::{
    EchoStatus, Empty, Flags, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse, zeros,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status, Streaming};
use tower_layer::layer_fn;

type Outgoing = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;

struct Peer;

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

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Flags::from_env();
    let mut server = Server::builder().layer(layer_fn(Echo));
    if flags.is_set("use_tls") {
        let certificate = std::fs::read(flags.text("tls_cert_file", ""))?;
        let key = std::fs::read(flags.text("tls_key_file", ""))?;
        let identity = Identity::from_pem(certificate, key);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let service = TestServiceServer::new(Peer)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let address = format!("127.0.0.1:{}", flags.number("port", 10000)).parse()?;
    server.add_service(service).serve(address).await?;
    Ok(())
}
