//! The server's end of an HTTP/1 connection.
//!
//! gRPC is not served here: it needs HTTP/2. What is mounted beside the gRPC services is, by
//! hyper, with the feature `http1`. Without it a client hears, in its own protocol, what it
//! reached.

#[cfg(feature = "http1")]
pub(crate) use served::serve;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Io;
use crate::base::rt;

const TEXT: &str = "This is a gRPC server: it speaks HTTP/2, and you spoke HTTP/1.\n";

/// Time for a client to take the answer and hang up.
const LINGER: std::time::Duration = std::time::Duration::from_secs(1);
/// What is read from it meanwhile.
const LEFT_UNREAD: u64 = 64 * 1024;

/// Answers whatever was asked with "not in this version", and hangs up.
pub(crate) async fn refuse(mut io: Io) {
    let answer = format!(
        "HTTP/1.1 505 HTTP Version Not Supported\r\n\
         content-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\n\
         connection: close\r\n\
         \r\n\
         {TEXT}",
        TEXT.len()
    );
    let refusing = async {
        io.write_all(answer.as_bytes()).await?;
        io.shutdown().await?;
        // Closing with the request unread would reset the connection, and take the answer away.
        let mut rest = (&mut io).take(LEFT_UNREAD);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    if let Some(Err(error)) = rt::timeout(LINGER, refusing).await {
        tracing::debug!(%error, "an HTTP/1 client went before it had its answer");
    }
}

#[cfg(feature = "http1")]
mod served {
    use std::convert::Infallible;
    use std::pin::pin;
    use std::sync::Arc;

    use http::Request;
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioIo, TokioTimer};
    use tokio::sync::watch;

    use crate::base::{Limits, Peer, rt};
    use crate::protocol::Body;
    use crate::protocol::grpc::server as grpc;
    use crate::transport::Io;
    use crate::transport::http2_server::Exchange;

    /// Serves one connection until the peer leaves, is idle for too long, or the server drains.
    pub(crate) async fn serve<E: Exchange>(
        io: Io,
        limits: Limits,
        exchange: Arc<E>,
        peer: Peer,
        mut draining: watch::Receiver<bool>,
    ) {
        let peer = Arc::new(peer);
        let service = service_fn(|request: Request<hyper::body::Incoming>| {
            let request = request.map(Body::wrap);
            let answer = match grpc::is_grpc_request(&request) {
                true => Err(grpc::not_http2()),
                false => Ok(exchange.exchange(request, &peer)),
            };
            async move {
                Ok::<_, Infallible>(match answer {
                    Ok(answer) => answer.await,
                    Err(response) => response,
                })
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Between requests, too: an idle connection is closed when this is over.
            .header_read_timeout(limits.header_block_timeout)
            .max_buf_size((limits.max_header_list as usize).max(MIN_BUFFER))
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let drained = async {
            // An error means that the server is gone, which is a reason to drain, too.
            let _ = draining.wait_for(|draining| *draining).await;
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = drained => {
                connection.as_mut().graceful_shutdown();
                match rt::timeout(limits.drain_grace, connection).await {
                    Some(ended) => ended,
                    None => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(?peer, %error, "an HTTP/1 connection failed");
        }
    }

    /// hyper takes no less.
    const MIN_BUFFER: usize = 8 * 1024;
}
