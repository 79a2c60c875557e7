//! The layers of a client call, outermost first.

use std::sync::Arc;

use tonic::Status;

use super::connection::Subchannel;
use super::deadline;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::{CallRequest, CallResponse, CallSide, Limits};
use crate::protocol::grpc::client::{self as grpc, Identity};
use crate::telemetry::observe;

/// What a channel's calls pass through.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) sink: Sink,
    pub(crate) call_interceptors: Interceptors,
    pub(crate) attempt_interceptors: Interceptors,
    pub(crate) subchannel: Arc<Subchannel>,
}

impl Stack {
    /// Makes one call.
    pub(crate) async fn call(&self, request: CallRequest) -> Result<CallResponse, Status> {
        // Watching comes first, so that span and events tell what the caller is told.
        observe(CallSide::Client, &self.sink, request, |request| {
            // The deadline bounds everything that follows: waiting for a connection, every
            // attempt, and the stream of responses.
            deadline::enforce(request.context.deadline(), async {
                // A user's interceptors see a call once, however many attempts it takes.
                let attempts = |request| self.attempts(request);
                self.call_interceptors.run(request, attempts).await
            })
        })
        .await
    }

    /// The attempts of one call.
    async fn attempts(&self, request: CallRequest) -> Result<CallResponse, Status> {
        // These see each attempt: credentials that expire, spans of attempts.
        let attempt = |request| self.attempt(request);
        self.attempt_interceptors.run(request, attempt).await
    }

    /// One attempt: pick a connection, send, read the head of the answer.
    async fn attempt(&self, request: CallRequest) -> Result<CallResponse, Status> {
        let kind = request.spec.kind();
        let connection = self.subchannel.connection().await?;
        let request = grpc::request(&self.identity, request, &self.limits)?;
        let (head, body) = request.into_parts();
        let exchange = match connection.send(http::Request::from_parts(head, ()), body) {
            Ok(exchange) => exchange,
            Err((error, _)) => {
                self.subchannel.lost(&connection);
                return Err(error.status);
            }
        };
        let response = exchange.response().await.map_err(|(error, _)| error.status)?;
        grpc::response(kind, response, &self.limits).await
    }
}
