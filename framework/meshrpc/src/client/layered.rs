//! An attempt inside a user's tower layers.
//!
//! The layers see the HTTP exchange as it goes to a server, once for each attempt; below them the
//! connection is picked, so that a request that no server has seen is repeated without them.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use tonic::Status;

use super::stack::Stack;
use super::transparent::{self, Report};
use crate::base::{CallFuture, CallRequest, CallResponse};
use crate::codec::envelope::Side;
use crate::protocol::grpc::client::{self as grpc, CallHead};
use crate::protocol::grpc::server::trailers_only;
use crate::protocol::{Body, HttpLayers, HttpService};

/// What an attempt needs below the layers; it goes through them in the request's extensions.
#[derive(Clone)]
struct Attempt {
    stack: Arc<Stack>,
    call: Arc<CallHead>,
    /// Who wants to know how it ends, once it has begun.
    report: Arc<Mutex<Option<Report>>>,
}

/// The layers around the exchange, if there are any.
pub(super) fn layered(layers: &HttpLayers) -> Option<HttpService> {
    if layers.is_empty() {
        return None;
    }
    let innermost = HttpService::from_fn(|request| Box::pin(innermost(request)));
    Some(layers.around(innermost))
}

/// Makes an attempt through the layers.
pub(super) fn send(stack: &Arc<Stack>, http: HttpService, call: CallRequest) -> CallFuture {
    let stack = Arc::clone(stack);
    Box::pin(async move { attempt(stack, http, call).await })
}

async fn attempt(
    stack: Arc<Stack>,
    http: HttpService,
    call: CallRequest,
) -> Result<CallResponse, Status> {
    let (call, body) = grpc::split(call, &stack.limits)?;
    let mut request = grpc::head(&stack.identity, &call)?.map(|()| body);
    let (kind, limits) = (call.spec.kind(), stack.limits);
    let report = Arc::default();
    request.extensions_mut().insert(Attempt {
        stack,
        call: Arc::new(call),
        report: Arc::clone(&report),
    });
    let response = http.answer(request).await;
    let answer = grpc::response(kind, response, &limits).await;
    let report = report.lock().expect("no panic while it is locked").take();
    match report {
        Some(report) => report.watch(answer),
        // A layer answered by itself.
        None => answer,
    }
}

/// Below the layers: picks a connection and sends what they left of the request.
async fn innermost(mut request: Request<Body>) -> Response<Body> {
    let Some(attempt) = request.extensions_mut().remove::<Attempt>() else {
        return trailers_only(&Status::internal(format!(
            "{}: a tower layer dropped the request's extensions; it has to hand them on",
            Side::Client.name()
        )));
    };
    let (head, body) = request.into_parts();
    let repeated = || {
        let mut again = Request::new(());
        again.method_mut().clone_from(&head.method);
        again.uri_mut().clone_from(&head.uri);
        *again.version_mut() = head.version;
        again.headers_mut().clone_from(&head.headers);
        grpc::set_timeout(&attempt.call, again.headers_mut());
        Ok(again)
    };
    let exchange = transparent::exchange(&attempt.stack, &attempt.call, body, repeated);
    match exchange.await {
        Ok((response, report)) => {
            *attempt.report.lock().expect("no panic while it is locked") = Some(report);
            response
        }
        Err(status) => trailers_only(&status),
    }
}
