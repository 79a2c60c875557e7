//! A user's tower layers, on both sides.

use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use meshrpc::{Body, Channel, Code, Status};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, Note, note, serve, serve_with};

/// Notes what passes under its name, and marks what it lets through.
#[derive(Clone)]
struct Noting {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
    act: Act,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Pass,
    Refuse,
    Fail,
    FailWithStatus,
    Panic,
    DropExtensions,
}

impl Noting {
    fn new(name: &'static str, act: Act) -> (Self, Arc<Mutex<Vec<String>>>) {
        let log = Arc::default();
        let noting = Self {
            name,
            log: Arc::clone(&log),
            act,
        };
        (noting, log)
    }

    fn acting(act: Act) -> Self {
        Self::new("acting", act).0
    }
}

#[derive(Clone)]
struct Around<S> {
    inner: S,
    noting: Noting,
}

impl<S> Layer<S> for Noting {
    type Service = Around<S>;

    fn layer(&self, inner: S) -> Around<S> {
        Around {
            inner,
            noting: self.clone(),
        }
    }
}

type BoxError = Box<dyn Error + Send + Sync>;

impl<S> Service<Request<Body>> for Around<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Noting { name, log, act } = self.noting.clone();
        let mut inner = self.inner.clone();
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            log.lock().unwrap().push(format!("{name} {path}"));
            match act {
                Act::Pass => {}
                Act::Refuse => {
                    let mut response = Response::new(Body::empty());
                    let headers = response.headers_mut();
                    headers.insert("content-type", "application/grpc".parse().unwrap());
                    headers.insert("grpc-status", "16".parse().unwrap());
                    return Ok(response);
                }
                Act::Fail => return Err("the secret reason".into()),
                Act::FailWithStatus => return Err(Status::aborted("by the layer").into()),
                Act::Panic => panic!("the secret reason"),
                Act::DropExtensions => request.extensions_mut().clear(),
            }
            request.headers_mut().append("x-key", name.parse().unwrap());
            let mut response = inner.call(request).await.unwrap();
            let headers = response.headers_mut();
            headers.append("x-layer", name.parse().unwrap());
            Ok(response)
        })
    }
}

async fn client(target: &str) -> EchoServiceClient {
    EchoServiceClient::new(Channel::connect(target).await.unwrap())
}

#[tokio::test]
async fn a_servers_layers_stand_around_every_request_the_first_outermost() {
    let (outer, log) = Noting::new("outer", Act::Pass);
    let inner = Noting {
        name: "inner",
        ..outer.clone()
    };
    let server = serve_with(|server| {
        server
            .layer(outer)
            .layer(inner)
            .add_service(EchoServiceServer::new(Echo))
    })
    .await;
    let client = client(&server.target).await;
    let response = client.say(note("x")).await.unwrap();
    let layers: Vec<_> = response.metadata().get_all("x-layer").iter().collect();
    assert_eq!(layers, ["inner", "outer"]);
    // What a layer puts into the request reaches the handler.
    assert_eq!(response.metadata().get("x-initial").unwrap(), "outer");
    let path = "/mesh.test.v1.EchoService/Say";
    let expected = [format!("outer {path}"), format!("inner {path}")];
    assert_eq!(*log.lock().unwrap(), expected);

    let many = Note {
        text: "n".to_owned(),
        number: 1_000,
    };
    let mut notes = client.count(many).await.unwrap().into_inner();
    let mut count = 0;
    while notes.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 1_000);
    assert_eq!(notes.trailers().unwrap().get("x-trailing").unwrap(), "done");
    let status = client.say(note("fail")).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_servers_layer_may_answer_or_fail_by_itself() {
    for (act, code) in [
        (Act::Refuse, Code::Unauthenticated),
        (Act::Fail, Code::Internal),
        (Act::FailWithStatus, Code::Aborted),
        (Act::Panic, Code::Unknown),
        (Act::DropExtensions, Code::Ok),
    ] {
        let server = serve_with(|server| {
            server
                .layer(Noting::acting(act))
                .add_service(EchoServiceServer::new(Echo))
        })
        .await;
        let result = client(&server.target).await.say(note("x")).await;
        let status = result.err().unwrap_or_else(|| Status::ok(""));
        assert_eq!(status.code(), code, "{status}");
        // Why a layer failed is none of the caller's business.
        assert!(!status.message().contains("secret"), "{status}");
    }
}

#[tokio::test]
async fn a_channels_layers_see_the_exchange_of_every_attempt() {
    let server = serve().await;
    let (outer, log) = Noting::new("outer", Act::Pass);
    let inner = Noting {
        name: "inner",
        ..outer.clone()
    };
    let channel = Channel::builder(&server.target)
        .http_layer(outer)
        .http_layer(inner)
        .connect()
        .await
        .unwrap();
    let client = EchoServiceClient::new(channel);
    let response = client.say(note("x")).await.unwrap();
    let layers: Vec<_> = response.metadata().get_all("x-layer").iter().collect();
    assert_eq!(layers, ["inner", "outer"]);
    assert_eq!(response.metadata().get("x-initial").unwrap(), "outer");
    assert_eq!(log.lock().unwrap().len(), 2);

    // Streams, errors and deadlines are as they are without layers.
    let (mut sender, reply) = client.chat().start();
    sender.send(note("a")).await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "a");
    sender.send(note("quit")).await.unwrap();
    let status = notes.message().await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let call = client.say(note("sleep")).timeout(Duration::from_millis(50));
    assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
    let deadline = client
        .say(note("deadline"))
        .timeout(Duration::from_secs(60));
    let left = deadline.await.unwrap().into_inner().number;
    assert!((1..=60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn a_channels_layer_may_answer_or_fail_by_itself() {
    let server = serve().await;
    for (act, code, message) in [
        (Act::Refuse, Code::Unauthenticated, ""),
        (Act::Fail, Code::Internal, "the secret reason"),
        (Act::FailWithStatus, Code::Aborted, "by the layer"),
        (Act::DropExtensions, Code::Internal, "extensions"),
    ] {
        let channel = Channel::builder(&server.target).http_layer(Noting::acting(act));
        let client = EchoServiceClient::new(channel.connect_lazy().unwrap());
        let status = client.say(note("x")).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
        assert!(status.message().contains(message), "{status}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_below_layers_too() {
    let channel = Channel::builder("http://127.0.0.1:1").http_layer(Noting::acting(Act::Pass));
    let client = EchoServiceClient::new(channel.connect_lazy().unwrap());
    let status = client.say(note("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

/// A service beside ours that panics, in its head or in its body.
#[derive(Clone)]
struct Panicking;

impl Service<Request<Body>> for Panicking {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        struct Broken;
        impl http_body::Body for Broken {
            type Data = bytes::Bytes;
            type Error = Infallible;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Infallible>>> {
                panic!("asked to panic in the body")
            }
        }
        assert_ne!(request.uri().path(), "/head", "asked to panic in the head");
        std::future::ready(Ok(Response::new(Body::wrap(Broken))))
    }
}

#[tokio::test]
async fn a_panic_beside_the_services_ends_its_stream_and_no_other() {
    let server = serve_with(|server| {
        server
            .add_service(EchoServiceServer::new(Echo))
            .fallback_http(Panicking)
    })
    .await;
    let address = server.target.trim_start_matches("http://").to_owned();
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let (mut send, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut get = |path: &str| {
        let uri = format!("http://{address}{path}");
        let request = Request::get(uri).body(()).unwrap();
        let (response, _) = send.send_request(request, true).unwrap();
        response
    };
    let response = get("/head").await.unwrap();
    assert_eq!(response.status(), 500);
    let response = get("/body").await.unwrap();
    let mut body = response.into_body();
    assert!(body.data().await.unwrap().unwrap_err().is_reset());
    // The connection lives on.
    assert_eq!(get("/head").await.unwrap().status(), 500);
    assert!(!connection.is_finished());
}
