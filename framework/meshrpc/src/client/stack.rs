//! The layers of a client call, outermost first.

use std::sync::Arc;

use tonic::Status;

use super::connection::Subchannel;
use super::deadline;
use crate::base::{CallRequest, CallResponse, Limits};
use crate::protocol::grpc::client::{self as grpc, Identity};

/// What a channel's calls pass through.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) subchannel: Arc<Subchannel>,
}

impl Stack {
    /// Makes one call.
    pub(crate) async fn call(&self, request: CallRequest) -> Result<CallResponse, Status> {
        // The deadline comes first, because it bounds everything that follows: waiting for a
        // connection, every attempt, and the stream of responses.
        deadline::enforce(request.context.deadline(), self.attempt(request)).await
    }

    /// One attempt: pick a connection, send, read the head of the answer.
    async fn attempt(&self, request: CallRequest) -> Result<CallResponse, Status> {
        let kind = request.spec.kind();
        let connection = self.subchannel.connection().await?;
        let request = grpc::request(&self.identity, request, &self.limits)?;
        let exchange = match connection.send(request) {
            Ok(exchange) => exchange,
            Err(error) => {
                self.subchannel.lost(&connection);
                return Err(error.status);
            }
        };
        let response = exchange.response().await.map_err(|error| error.status)?;
        grpc::response(kind, response, &self.limits).await
    }
}
