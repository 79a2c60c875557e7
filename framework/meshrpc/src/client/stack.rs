//! The layers of a client call, outermost first.

use std::sync::Arc;

use tonic::Status;

use super::endpoints::Endpoints;
use super::target::{Addresses, Target};
use super::{deadline, transparent};
use crate::balance::PickFirst;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::{CallRequest, CallResponse, CallSide, Limits, Policy, Resolver};
use crate::discovery::{Dns, Static};
use crate::protocol::grpc::client::Identity;
use crate::telemetry::observe;
use crate::transport;

/// What a channel's calls pass through.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) sink: Sink,
    pub(crate) call_interceptors: Interceptors,
    pub(crate) attempt_interceptors: Interceptors,
    pub(crate) endpoints: Endpoints,
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
        // Innermost, because a call that the server has not seen has not been attempted yet:
        // nothing above counts, delays or even notices its repetition.
        transparent::send(&self.endpoints, &self.identity, &self.limits, request).await
    }
}

/// Who finds the servers behind a target, unless the user names another resolver.
pub(crate) fn resolver(target: &Target) -> Arc<dyn Resolver> {
    match &target.addresses {
        Addresses::Static(addresses) => Arc::new(Static::new(addresses.iter().cloned())),
        Addresses::Dns(name) => {
            let lookup = |name: &str| {
                let name = name.to_owned();
                Box::pin(async move { transport::resolve(&name).await }) as _
            };
            Arc::new(Dns::new(name.as_str(), Arc::new(lookup)))
        }
    }
}

/// Who spreads the calls over them, unless the user names another policy.
pub(crate) fn policy() -> Arc<dyn Policy> {
    Arc::new(PickFirst)
}
