//! A server that does exactly what a test wants, stream by stream.

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{Connection, SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// A stream that a client opened.
pub struct Stream {
    pub request: Request<RecvStream>,
    pub respond: SendResponse<Bytes>,
}

impl Stream {
    /// Sends the request's message back.
    pub async fn echo(self) {
        let Self {
            request,
            mut respond,
        } = self;
        let message = read(request.into_body()).await;
        let mut stream = respond.send_response(head(), false).unwrap();
        stream.send_data(message, false).unwrap();
        stream.send_trailers(ok()).unwrap();
    }
}

/// All bytes of a request.
pub async fn read(mut body: RecvStream) -> Bytes {
    let mut all = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        let _ = body.flow_control().release_capacity(data.len());
        all.extend_from_slice(&data);
    }
    all.into()
}

/// The head of a response.
pub fn head() -> Response<()> {
    let mut response = Response::new(());
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

/// The trailers of a success.
pub fn ok() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers
}

/// A listener on a free port and the target that leads to it.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    (listener, target)
}

/// The next connection.
pub async fn accept(listener: &TcpListener) -> Connection<TcpStream, Bytes> {
    let (stream, _) = listener.accept().await.unwrap();
    h2::server::handshake(stream).await.unwrap()
}

/// The next stream of a connection; `None` when the client has left.
pub async fn stream<T>(connection: &mut Connection<T, Bytes>) -> Option<Stream>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let (request, respond) = connection.accept().await?.ok()?;
    Some(Stream { request, respond })
}

/// Answers every stream of a connection until the client leaves; the number of streams.
pub async fn serve<T>(connection: &mut Connection<T, Bytes>) -> usize
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut streams = 0;
    while let Some(stream) = stream(connection).await {
        streams += 1;
        tokio::spawn(stream.echo());
    }
    streams
}
