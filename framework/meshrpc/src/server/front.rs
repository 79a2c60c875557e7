//! What a connection's requests meet first: a user's HTTP layers, if there are any.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;

use super::router::{self, Router};
use crate::base::Peer;
use crate::protocol::{Body, Caught, HttpLayers, HttpService};
use crate::transport::http2_server::Exchange;

/// The router, inside a user's layers. Without any, nothing stands between.
pub(crate) struct Front {
    router: Arc<Router>,
    layered: Option<HttpService>,
}

/// Carries the peer through a user's layers.
#[derive(Clone)]
struct Caller(Arc<Peer>);

impl Front {
    pub(super) fn new(router: Router, layers: &HttpLayers) -> Self {
        let router = Arc::new(router);
        let layered = (!layers.is_empty()).then(|| {
            let router = Arc::clone(&router);
            layers.around(HttpService::from_fn(move |mut request| {
                let peer = request.extensions_mut().remove::<Caller>();
                let peer = peer.map_or_else(Arc::default, |Caller(peer)| peer);
                Box::pin(router.exchange(request, &peer))
            }))
        });
        Self { router, layered }
    }

    /// Tells the services that the server is about to send its connections away.
    pub(super) fn draining(&self) {
        self.router.draining();
    }
}

impl Exchange for Front {
    type Answer = Answer;

    fn exchange(&self, mut request: Request<Body>, peer: &Arc<Peer>) -> Answer {
        match &self.layered {
            None => Answer::Plain(self.router.exchange(request, peer)),
            Some(layered) => {
                request.extensions_mut().insert(Caller(Arc::clone(peer)));
                // Layers of others look for the peer, too.
                request.extensions_mut().insert(Peer::clone(peer));
                Answer::Layered(Caught::answer(layered, request))
            }
        }
    }

    fn opened(&self, peer: &Peer) {
        self.router.opened(peer);
    }

    fn closed(&self, peer: &Peer) {
        self.router.closed(peer);
    }

    fn refuse(&self, status: &Status) -> Response<Body> {
        self.router.refuse(status)
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.router.fmt(f)
    }
}

/// The answer to a request.
#[allow(
    clippy::large_enum_variant,
    reason = "the large one is what nearly all are, and boxing it would cost every call"
)]
pub(crate) enum Answer {
    Plain(router::Answer),
    Layered(Caught),
}

impl Future for Answer {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        match &mut *self {
            Self::Plain(answer) => Pin::new(answer).poll(cx),
            Self::Layered(answer) => Pin::new(answer).poll(cx),
        }
    }
}
