//! Clients that speak HTTP over a channel: those that tonic generated, and whatever else expects
//! a tower service.
//!
//! Their requests become calls like all others, so that balancing, deadlines, interceptors and
//! tracing hold for them, too.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, header};
use tonic::Status;
use tower_service::Service;

use super::Channel;
use crate::base::{
    Call, CallContext, CallFuture, CallRequest, MethodKind, MethodSpec, Peer, ServiceSpec, Spec,
};
use crate::codec::Encoding;
use crate::protocol::grpc::server::{self as grpc, Framing, Handle, Serve};
use crate::protocol::{Body, BodyError};

/// A channel as a tower service that knows contracts, for clients that another framework
/// generated; made by [`Channel::describe`].
#[derive(Clone)]
pub struct DescribedChannel {
    channel: Channel,
    methods: Arc<HashMap<&'static str, &'static MethodSpec>>,
}

impl Channel {
    /// The channel with the contract of a service, for clients that tonic generated: over the
    /// channel itself their calls are bidirectional streams of a service that nobody knows. With
    /// the contract they have their kind, idempotency and options, and whatever depends on it,
    /// such as retries.
    ///
    /// ```
    /// # use meshrpc::Channel;
    /// use meshrpc::contracts::grpc::health::v1::health_service::HEALTH_SPEC;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let channel = Channel::connect_lazy("http://127.0.0.1:50051").unwrap();
    /// let channel = channel.describe(&HEALTH_SPEC);
    /// // let client = tonic_health::pb::health_client::HealthClient::new(channel);
    /// # }
    /// ```
    #[must_use]
    pub fn describe(&self, service: &ServiceSpec) -> DescribedChannel {
        DescribedChannel {
            channel: self.clone(),
            methods: Arc::default(),
        }
        .describe(service)
    }
}

impl DescribedChannel {
    /// Adds the contract of another service.
    #[must_use]
    pub fn describe(mut self, service: &ServiceSpec) -> Self {
        let methods = service.methods().iter().map(|spec| (spec.path(), *spec));
        Arc::make_mut(&mut self.methods).extend(methods);
        self
    }
}

impl<B> Service<Request<B>> for DescribedChannel
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    type Response = Response<Body>;
    type Error = Status;
    type Future = HttpCall;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> HttpCall {
        let spec = self.methods.get(request.uri().path()).copied();
        HttpCall::start(&self.channel, spec, request.map(Body::wrap))
    }
}

/// What tonic calls a channel: `TonicGeneratedClient::new(channel)`.
///
/// Requests become calls: their deadline is the earlier of their own and the one that is
/// inherited, their metadata and their compression are kept. See [`Channel::describe`] for what a
/// contract adds.
impl<B> Service<Request<B>> for Channel
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    type Response = Response<Body>;
    type Error = Status;
    type Future = HttpCall;

    /// Always ready: a call waits for its connection where its deadline is watched.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> HttpCall {
        HttpCall::start(self, None, request.map(Body::wrap))
    }
}

/// The future of a call over a channel at the level of HTTP.
#[must_use = "a call does nothing until it is awaited"]
pub struct HttpCall(State);

#[allow(
    clippy::large_enum_variant,
    reason = "the large one is what nearly all are, and boxing it would cost every call"
)]
enum State {
    Refused(Option<Status>),
    Calling(Serve<Over>),
}

impl HttpCall {
    fn start(channel: &Channel, spec: Option<&'static MethodSpec>, request: Request<Body>) -> Self {
        Self(match begin(channel, spec, request) {
            Ok(serve) => State::Calling(serve),
            Err(status) => State::Refused(Some(status)),
        })
    }
}

fn begin(
    channel: &Channel,
    spec: Option<&'static MethodSpec>,
    mut request: Request<Body>,
) -> Result<Serve<Over>, Status> {
    if !grpc::is_grpc_request(&request) {
        return Err(Status::internal(
            "client: a channel carries gRPC requests, whose content-type is application/grpc",
        ));
    }
    let path = request.uri().path();
    let spec: Spec = match spec {
        Some(spec) => spec.into(),
        None => MethodSpec::new(path, MethodKind::BidiStreaming)
            .ok_or_else(|| {
                Status::internal(format!(
                    "client: {path:?} is no path of a method, which has the form \
                     /package.Service/Method"
                ))
            })?
            .into(),
    };
    // The call compresses as its client wanted, on the way out of this process.
    let encoding = match request.headers().get("grpc-encoding") {
        Some(name) => Encoding::from_header(name).map_err(|error| {
            Status::unimplemented(format!("client: the request can't be compressed: {error}"))
        })?,
        None => None,
    };
    // Ours is sent, with what the channel's builder put before it.
    request.headers_mut().remove(header::USER_AGENT);
    let mut begun = grpc::begin(spec, request, &Arc::<Peer>::default(), UNBOUNDED)?;
    begun.continue_from(CallContext::current());
    let over = Over {
        channel: channel.clone(),
        encoding,
    };
    Ok(Serve::new(begun, over))
}

/// What crosses no wire needs no bound: the channel's stand behind it.
const UNBOUNDED: Framing = Framing {
    max_receive_message: u32::MAX as usize,
    max_send_message: u32::MAX as usize,
    compress: None,
};

/// Calls over a channel.
struct Over {
    channel: Channel,
    encoding: Option<Encoding>,
}

impl Handle for Over {
    type Answer = CallFuture;

    type Place = ();

    fn admit(&self) -> Result<(), Status> {
        Ok(())
    }

    fn handle(&self, mut request: CallRequest, (): ()) -> CallFuture {
        if let Some(encoding) = self.encoding {
            request.extensions.insert(encoding);
        }
        Call::call(&self.channel, request)
    }
}

impl Future for HttpCall {
    type Output = Result<Response<Body>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Refused(status) => Poll::Ready(Err(status
                .take()
                .unwrap_or_else(|| Status::internal("a call was polled after its end")))),
            State::Calling(serve) => Pin::new(serve).poll(cx).map(Ok),
        }
    }
}

impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpCall")
    }
}

impl fmt::Debug for DescribedChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescribedChannel")
            .field("channel", &self.channel)
            .field("methods", &self.methods.len())
            .finish()
    }
}
