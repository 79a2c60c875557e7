//! A client that sends exactly the headers that a test wants.
//!
//! `h2` keeps a client from most of what is wrong on purpose here. So it only frames the
//! requests, and on the way to the server each of its header blocks is replaced by one that a
//! test wrote ([`Head`](super::head::Head)).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request};
use meshrpc::client::{Address, Connector};
use meshrpc::testing::{PipeConnector, pipe};
use meshrpc::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, duplex, split};

use super::head::Head;
use super::soon;
use crate::support::echo_service::{EchoService, EchoServiceServer};

/// A server of `service` on a pipe.
pub fn serve(service: impl EchoService) -> PipeConnector {
    serve_with(EchoServiceServer::new(service), Limits::default())
}

pub fn serve_with<T: EchoService>(service: EchoServiceServer<T>, limits: Limits) -> PipeConnector {
    let (connector, listener) = pipe();
    let server = Server::builder().limits(limits).add_service(service);
    tokio::spawn(server.serve_listener(listener));
    connector
}

/// A connection to a server.
#[derive(Clone)]
pub struct Caller {
    send: SendRequest<Bytes>,
    blocks: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Caller {
    pub async fn connect(to: &PipeConnector) -> Self {
        Self::connect_with(to, &h2::client::Builder::new()).await
    }

    pub async fn connect_with(to: &PipeConnector, builder: &h2::client::Builder) -> Self {
        let server = to.connect(&Address::Named("raw".into())).await.unwrap();
        let (near, far) = duplex(64 * 1024);
        let blocks = Arc::new(Mutex::new(VecDeque::new()));
        let (from_client, mut to_client) = split(far);
        let (mut from_server, to_server) = split(server);
        tokio::spawn(rewrite(from_client, to_server, Arc::clone(&blocks)));
        tokio::spawn(async move {
            let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
            let _ = to_client.shutdown().await;
        });
        let (send, connection) = builder.handshake(near).await.unwrap();
        tokio::spawn(connection);
        Self { send, blocks }
    }

    /// Opens a stream.
    pub async fn open(&self, head: &Head, end: bool) -> Exchange {
        let mut send = self.send.clone().ready().await.unwrap();
        let mut blocks = self.blocks.lock().unwrap();
        blocks.push_back(head.block());
        let (response, request) = send.send_request(Request::new(()), end).unwrap();
        Exchange {
            response,
            request,
            blocks: Arc::clone(&self.blocks),
        }
    }

    /// Sends a whole request, each piece as a DATA frame, and reads the whole answer.
    pub async fn call<P: AsRef<[u8]>>(&self, head: &Head, pieces: &[P]) -> Outcome {
        let mut exchange = self.open(head, pieces.is_empty()).await;
        for (at, piece) in pieces.iter().enumerate() {
            exchange.data(piece, at + 1 == pieces.len());
        }
        exchange.outcome().await
    }
}

/// Copies frames, each header block replaced by the next of `blocks`.
async fn rewrite(
    mut from: ReadHalf<DuplexStream>,
    mut to: impl AsyncWriteExt + Unpin,
    blocks: Arc<Mutex<VecDeque<Vec<u8>>>>,
) {
    const HEADERS: u8 = 1;
    const CONTINUATION: u8 = 9;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    let mut preface = [0; 24];
    if from.read_exact(&mut preface).await.is_err() || to.write_all(&preface).await.is_err() {
        return;
    }
    let mut head = [0; 9];
    while from.read_exact(&mut head).await.is_ok() {
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; len as usize];
        if from.read_exact(&mut payload).await.is_err() {
            return;
        }
        let mut frames = Vec::new();
        if head[3] == HEADERS {
            assert_ne!(
                head[4] & END_HEADERS,
                0,
                "the block to replace is one frame"
            );
            let block = blocks.lock().unwrap().pop_front().unwrap();
            let mut kind = HEADERS;
            let mut parts = block.chunks(16_384).peekable();
            while let Some(part) = parts.next() {
                let mut flags = if kind == HEADERS {
                    head[4] & END_STREAM
                } else {
                    0
                };
                if parts.peek().is_none() {
                    flags |= END_HEADERS;
                }
                frames.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes()[1..]);
                frames.extend_from_slice(&[kind, flags]);
                frames.extend_from_slice(&head[5..]);
                frames.extend_from_slice(part);
                kind = CONTINUATION;
            }
        } else {
            frames.extend_from_slice(&head);
            frames.extend_from_slice(&payload);
        }
        if to.write_all(&frames).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// A stream that was opened.
pub struct Exchange {
    pub response: ResponseFuture,
    pub request: SendStream<Bytes>,
    blocks: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Exchange {
    pub fn data(&mut self, piece: impl AsRef<[u8]>, end: bool) {
        // What the server has reset takes no more.
        let _ = self
            .request
            .send_data(Bytes::copy_from_slice(piece.as_ref()), end);
    }

    /// Ends the request with trailers.
    pub fn trailers(&mut self, trailers: &Head) {
        self.blocks.lock().unwrap().push_back(trailers.block());
        self.request.send_trailers(HeaderMap::new()).unwrap();
    }

    /// Reads the whole answer.
    pub async fn outcome(self) -> Outcome {
        // Dropped, it would reset the stream.
        let _request = self.request;
        match soon(read(self.response)).await {
            Ok(answer) => Outcome::Answer(answer),
            Err(error) if error.is_reset() => Outcome::Reset(error.reason().unwrap()),
            Err(error) => Outcome::Broken(error.to_string()),
        }
    }
}

async fn read(response: ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut body) = response.await?.into_parts();
    let mut answer = Answer {
        http: head.status.as_u16(),
        headers: head.headers,
        body: Vec::new(),
        trailers: None,
    };
    if !body.is_end_stream() {
        while let Some(data) = data(&mut body).await {
            answer.body.extend_from_slice(&data?);
        }
        answer.trailers = body.trailers().await?;
    }
    Ok(answer)
}

/// The next data of a stream; its room is given back.
pub async fn data(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    let data = body.data().await?;
    if let Ok(data) = &data {
        let _ = body.flow_control().release_capacity(data.len());
    }
    Some(data)
}

/// What became of a request.
#[derive(Debug)]
pub enum Outcome {
    Answer(Answer),
    Reset(Reason),
    /// The connection failed.
    Broken(String),
}

#[derive(Debug)]
pub struct Answer {
    pub http: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// `None` when the headers ended the stream, or data did.
    pub trailers: Option<HeaderMap>,
}

impl Answer {
    /// The trailers, or the headers that stand for them.
    pub fn end(&self) -> &HeaderMap {
        self.trailers.as_ref().unwrap_or(&self.headers)
    }

    pub fn grpc_status(&self) -> Option<u8> {
        let status = self.end().get("grpc-status")?;
        Some(status.to_str().unwrap().parse().unwrap())
    }

    /// `grpc-message` as it came.
    pub fn grpc_message(&self) -> &str {
        let message = self.end().get("grpc-message");
        message.map_or("", |message| message.to_str().unwrap())
    }
}

impl Outcome {
    #[track_caller]
    pub fn answer(self) -> Answer {
        match self {
            Self::Answer(answer) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }
}
