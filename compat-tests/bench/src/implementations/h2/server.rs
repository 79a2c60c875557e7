//! The server: a connection's task accepts until there is nothing to accept,
//! every stream runs in a task of its own, and the connection is polled, and
//! so flushed, once they have all written.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use h2::{
    RecvStream, SendStream,
    server::{Connection, SendResponse},
};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{
    super::tonic::contract::{
        EchoRequest, EchoResponse, StreamChannelRequest, StreamChannelResponse,
        StreamIteratorRequest, StreamIteratorResponse,
    },
    CONNECTION_WINDOW, FRAME, Gathering, STREAM_WINDOW, end_of_the_queue,
    message::{Buffers, append},
};
use crate::Error;

/// Messages of a stream that are ready together share a DATA frame of this size.
const BATCH: usize = 16 << 10;

pub(super) async fn serve(listener: TcpListener) -> Result<(), Error> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(connection(socket));
    }
}

async fn connection(socket: TcpStream) {
    let connection = h2::server::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .handshake(socket)
        .await;
    let Ok(connection) = connection else { return };
    let mut connection = Gathering::new(connection);
    let buffers = Buffers::default();
    poll_fn(|cx| connection.poll_streams(cx, &buffers)).await;
}

impl Gathering<Connection<TcpStream, Bytes>> {
    fn poll_streams(&mut self, cx: &mut Context<'_>, buffers: &Buffers) -> Poll<()> {
        ready!(self.poll_turn(cx));
        while let Some(Ok((request, respond))) = ready!(self.connection.poll_accept(cx)) {
            tokio::spawn(stream(request, respond, buffers.clone()));
        }
        Poll::Ready(())
    }
}

async fn stream(request: Request<RecvStream>, respond: SendResponse<Bytes>, buffers: Buffers) {
    let (head, body) = request.into_parts();
    let result = match head.uri.path() {
        "/bench.v1.EchoService/Echo" => echo(body, respond, &buffers).await,
        "/bench.v1.EchoService/StreamChannel" => stream_channel(body, respond, &buffers).await,
        "/bench.v1.EchoService/StreamIterator" => stream_iterator(body, respond, &buffers).await,
        path => Err(format!("no method has the path {path}").into()),
    };
    if let Err(error) = result {
        eprintln!("meshrpc-bench: a call to the h2 server failed: {error}");
    }
}

async fn echo(
    mut body: RecvStream,
    respond: SendResponse<Bytes>,
    buffers: &Buffers,
) -> Result<(), Error> {
    let EchoRequest { payload } = buffers.receive_one(&mut body).await?;
    let response = EchoResponse { payload };
    let data = buffers.encode(&response);
    let mut send = start(respond)?;
    send.send_data(data, false)?;
    finish(send)
}

async fn stream_channel(
    mut body: RecvStream,
    respond: SendResponse<Bytes>,
    buffers: &Buffers,
) -> Result<(), Error> {
    let request: StreamChannelRequest = buffers.receive_one(&mut body).await?;
    let (sender, mut receiver) = mpsc::channel(request.depth as usize);
    tokio::spawn(async move {
        for _ in 0..request.messages {
            let payload = vec![7; request.payload_bytes as usize];
            if sender
                .send(StreamChannelResponse { payload })
                .await
                .is_err()
            {
                return;
            }
        }
    });
    let mut send = start(respond)?;
    let mut batch = BytesMut::with_capacity(BATCH);
    let depth = request.depth as usize;
    let mut ready = Vec::with_capacity(depth);
    while receiver.recv_many(&mut ready, depth).await > 0 {
        // What is ready together shares a frame, and before it is sent the
        // producer gets a turn to have more ready.
        while !ready.is_empty() && batch.len() < BATCH {
            for message in ready.drain(..) {
                append(&message, &mut batch);
            }
            end_of_the_queue().await;
            poll_fn(|cx| {
                let _ = receiver.poll_recv_many(cx, &mut ready, depth);
                Poll::Ready(())
            })
            .await;
        }
        for message in ready.drain(..) {
            append(&message, &mut batch);
        }
        send_batch(&mut send, &mut batch).await?;
    }
    finish(send)
}

async fn stream_iterator(
    mut body: RecvStream,
    respond: SendResponse<Bytes>,
    buffers: &Buffers,
) -> Result<(), Error> {
    let request: StreamIteratorRequest = buffers.receive_one(&mut body).await?;
    let mut send = start(respond)?;
    let mut batch = BytesMut::with_capacity(BATCH);
    for _ in 0..request.messages {
        let payload = vec![7; request.payload_bytes as usize];
        append(&StreamIteratorResponse { payload }, &mut batch);
        if batch.len() >= BATCH {
            send_batch(&mut send, &mut batch).await?;
        }
    }
    send_batch(&mut send, &mut batch).await?;
    finish(send)
}

fn start(mut respond: SendResponse<Bytes>) -> Result<SendStream<Bytes>, Error> {
    let mut response = Response::new(());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    Ok(respond.send_response(response, false)?)
}

/// Sends as the windows allow, so that a slow reader holds one batch only.
async fn send_batch(send: &mut SendStream<Bytes>, batch: &mut BytesMut) -> Result<(), Error> {
    let mut data = batch.split().freeze();
    while !data.is_empty() {
        send.reserve_capacity(data.len());
        let capacity = poll_fn(|cx| send.poll_capacity(cx))
            .await
            .ok_or("the stream is closed")??;
        send.send_data(data.split_to(capacity.min(data.len())), false)?;
    }
    batch.reserve(BATCH);
    Ok(())
}

fn finish(mut send: SendStream<Bytes>) -> Result<(), Error> {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    Ok(send.send_trailers(trailers)?)
}
