//! A server that answers exactly as a test wants, and the calls of our client to it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use meshrpc::Channel;
use meshrpc::server::Listener;
use meshrpc::testing::{PipeConnector, PipeListener, pipe};

use super::caller::data;
use super::response_table::{Got, Kind, call};
use super::soon;
use crate::support::echo_service::EchoServiceClient;

/// A response, piece by piece.
#[derive(Debug, Clone)]
pub struct Reply {
    http: u16,
    headers: HeaderMap,
    data: Vec<Bytes>,
    end: End,
}

/// How a response ends.
#[derive(Debug, Clone)]
enum End {
    /// With its headers.
    Headers,
    /// With its last data, without trailers.
    Data,
    Trailers(HeaderMap),
    Reset(Reason),
    /// The connection breaks.
    HangUp,
}

impl Reply {
    /// The head of a good response.
    pub fn new() -> Self {
        Self::http(200).header("content-type", "application/grpc")
    }

    pub fn http(http: u16) -> Self {
        Self {
            http,
            headers: HeaderMap::new(),
            data: Vec::new(),
            end: End::Headers,
        }
    }

    /// One header more.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        append(&mut self.headers, name, value);
        self
    }

    pub fn data(mut self, data: impl Into<Bytes>) -> Self {
        self.data.push(data.into());
        if matches!(self.end, End::Headers) {
            self.end = End::Data;
        }
        self
    }

    /// One trailer more.
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let mut trailers = match self.end {
            End::Trailers(trailers) => trailers,
            _ => HeaderMap::new(),
        };
        append(&mut trailers, name, value);
        self.end = End::Trailers(trailers);
        self
    }

    /// Trailers of status OK.
    pub fn ok(self) -> Self {
        self.trailer("grpc-status", "0")
    }

    pub fn reset(mut self, reason: Reason) -> Self {
        self.end = End::Reset(reason);
        self
    }

    pub fn hang_up(mut self) -> Self {
        self.end = End::HangUp;
        self
    }
}

fn append(headers: &mut HeaderMap, name: &str, value: impl AsRef<[u8]>) {
    headers.append(
        HeaderName::from_bytes(name.as_bytes()).unwrap(),
        HeaderValue::from_bytes(value.as_ref()).unwrap(),
    );
}

/// Sends `reply`; says whether the connection is to live on.
async fn send(reply: Reply, respond: &mut SendResponse<Bytes>) -> bool {
    if reply.headers.is_empty() && reply.http == 0 {
        match reply.end {
            End::Reset(reason) => respond.send_reset(reason),
            _ => return false,
        }
        return true;
    }
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(reply.http).unwrap();
    *head.headers_mut() = reply.headers;
    let ended = matches!(reply.end, End::Headers);
    let Ok(mut stream) = respond.send_response(head, ended) else {
        return true;
    };
    let last = reply.data.len();
    for (at, data) in reply.data.into_iter().enumerate() {
        let end = at + 1 == last && matches!(reply.end, End::Data);
        if stream.send_data(data, end).is_err() {
            return true;
        }
    }
    match reply.end {
        End::Headers | End::Data => {}
        End::Trailers(trailers) => drop(stream.send_trailers(trailers)),
        End::Reset(reason) => {
            // What was sent before has to be out, for a reset overtakes it.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            stream.send_reset(reason);
        }
        End::HangUp => {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            return false;
        }
    }
    true
}

/// A reply that is no response at all: a reset, or the end of the connection.
pub fn nothing() -> Reply {
    Reply::http(0)
}

/// A client of a server that `answer`s each stream in a task of its own.
pub fn client_of<F, Fut>(answer: F) -> EchoServiceClient
where
    F: Fn(Request<RecvStream>, SendResponse<Bytes>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    client(serve_raw(answer))
}

/// A server that `answer`s each stream in a task of its own.
pub fn serve_raw<F, Fut>(answer: F) -> PipeConnector
where
    F: Fn(Request<RecvStream>, SendResponse<Bytes>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (connector, mut listener) = pipe();
    tokio::spawn(async move {
        while let Some(mut connection) = accept(&mut listener).await {
            let answer = answer.clone();
            tokio::spawn(async move {
                while let Some(Ok((request, respond))) = connection.accept().await {
                    tokio::spawn(answer(request, respond));
                }
            });
        }
    });
    connector
}

fn client(connector: PipeConnector) -> EchoServiceClient {
    let channel = Channel::builder("passthrough:answerer").connector(connector);
    EchoServiceClient::new(channel.connect_lazy().unwrap())
}

type Connection = h2::server::Connection<meshrpc::server::Connection, Bytes>;

async fn accept(listener: &mut PipeListener) -> Option<Connection> {
    let io = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    Some(h2::server::handshake(io.unwrap()).await.unwrap())
}

/// A server that answers all calls with the same reply, and our client to it.
pub struct Scripted {
    reply: Arc<Mutex<Reply>>,
    connections: Arc<AtomicUsize>,
    client: EchoServiceClient,
}

impl Scripted {
    pub fn new() -> Self {
        let (connector, mut listener) = pipe();
        let reply = Arc::new(Mutex::new(nothing()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (next, count) = (Arc::clone(&reply), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Some(mut connection) = accept(&mut listener).await {
                count.fetch_add(1, Ordering::SeqCst);
                let next = Arc::clone(&next);
                tokio::spawn(async move {
                    // One at a time, so that this can end the connection.
                    let (broken, mut breaks) = tokio::sync::mpsc::channel(1);
                    loop {
                        let accepted = tokio::select! {
                            biased;
                            _ = breaks.recv() => return,
                            accepted = connection.accept() => accepted,
                        };
                        let Some(Ok((request, mut respond))) = accepted else {
                            return;
                        };
                        let (next, broken) = (Arc::clone(&next), broken.clone());
                        tokio::spawn(async move {
                            read_all(request.into_body()).await;
                            let reply = next.lock().unwrap().clone();
                            if !send(reply, &mut respond).await {
                                let _ = broken.send(()).await;
                            }
                        });
                    }
                });
            }
        });
        Self {
            reply,
            connections,
            client: client(connector),
        }
    }

    /// Makes a call of one kind that is answered so.
    pub async fn call(&self, kind: Kind, reply: Reply) -> Got {
        *self.reply.lock().unwrap() = reply;
        soon(call(&self.client, kind)).await
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Everything that comes until the end.
pub async fn read_all(mut body: RecvStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(Ok(data)) = data(&mut body).await {
        all.extend_from_slice(&data);
    }
    all
}
