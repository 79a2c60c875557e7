//! The client: a caller writes its request from its own task, one task a
//! connection does the reading and writing.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::{RecvStream, client::SendRequest};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use prost::Message;
use tokio::net::TcpStream;

use super::{
    super::{
        Caller,
        tonic::contract::{
            EchoRequest, EchoResponse, StreamChannelRequest, StreamChannelResponse,
            StreamIteratorRequest, StreamIteratorResponse,
        },
    },
    CONNECTION_WINDOW, FRAME, Gathering, STREAM_WINDOW,
    message::{Buffers, Frames},
};
use crate::{
    Error,
    workload::{Source, StreamOf},
};

#[derive(Clone)]
pub(crate) struct Client {
    requests: SendRequest<Bytes>,
    targets: Targets,
    buffers: Buffers,
}

/// The three methods' addresses, parsed once.
#[derive(Clone)]
struct Targets {
    echo: Uri,
    channel: Uri,
    iterator: Uri,
}

pub(super) async fn connect(address: SocketAddr) -> Result<Client, Error> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let (requests, connection) = h2::client::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .enable_push(false)
        .max_frame_size(FRAME)
        .handshake(socket)
        .await?;
    tokio::spawn(async move {
        if let Err(error) = Gathering::new(connection).await {
            eprintln!("meshrpc-bench: the h2 client's connection broke: {error}");
        }
    });
    let target = |method: &str| format!("http://{address}/bench.v1.EchoService/{method}").parse();
    Ok(Client {
        requests,
        targets: Targets {
            echo: target("Echo")?,
            channel: target("StreamChannel")?,
            iterator: target("StreamIterator")?,
        },
        buffers: Buffers::default(),
    })
}

impl Client {
    /// Sends a request with its one message; answers with the response's body.
    async fn call(&mut self, target: Uri, message: &impl Message) -> Result<RecvStream, Error> {
        std::future::poll_fn(|cx| self.requests.poll_ready(cx)).await?;
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target;
        let headers = request.headers_mut();
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc"),
        );
        let (response, mut body) = self.requests.send_request(request, false)?;
        body.send_data(self.buffers.encode(message), true)?;
        let response = response.await?;
        if response.headers().contains_key("grpc-status") {
            check(response.headers())?;
        }
        Ok(response.into_body())
    }
}

async fn finish(mut body: RecvStream) -> Result<(), Error> {
    let trailers = body.trailers().await?;
    check(&trailers.ok_or("the response has no trailers")?)
}

fn check(trailers: &HeaderMap) -> Result<(), Error> {
    let status = trailers.get("grpc-status");
    if status.is_some_and(|status| status == "0") {
        return Ok(());
    }
    Err(format!("the call failed: {trailers:?}").into())
}

impl Caller for Client {
    async fn echo(&mut self, payload: Vec<u8>) -> Result<Vec<u8>, Error> {
        let request = EchoRequest { payload };
        let mut body = self.call(self.targets.echo.clone(), &request).await?;
        let EchoResponse { payload } = self.buffers.receive_one(&mut body).await?;
        finish(body).await?;
        Ok(payload)
    }

    async fn stream(&mut self, stream: StreamOf) -> Result<u32, Error> {
        let StreamOf {
            source,
            messages,
            payload_bytes,
        } = stream;
        let mut body = match source {
            Source::Channel { depth } => {
                let request = StreamChannelRequest {
                    messages,
                    payload_bytes,
                    depth,
                };
                self.call(self.targets.channel.clone(), &request).await?
            }
            Source::Iterator => {
                let request = StreamIteratorRequest {
                    messages,
                    payload_bytes,
                };
                self.call(self.targets.iterator.clone(), &request).await?
            }
        };
        let mut received = 0;
        let mut count = |payload: Vec<u8>| {
            received += u32::from(payload.len() == payload_bytes as usize);
        };
        let mut frames = Frames::default();
        while frames.receive(&mut body).await? {
            match source {
                Source::Channel { .. } => {
                    while let Some(StreamChannelResponse { payload }) = frames.next_message()? {
                        count(payload);
                    }
                }
                Source::Iterator => {
                    while let Some(StreamIteratorResponse { payload }) = frames.next_message()? {
                        count(payload);
                    }
                }
            }
        }
        finish(body).await?;
        Ok(received)
    }
}
