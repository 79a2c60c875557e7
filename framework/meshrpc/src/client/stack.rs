//! The layers of a client call, outermost first.

mod around;

pub(super) use self::around::around;

use std::sync::Arc;

use super::endpoints::Endpoints;
use super::target::{Addresses, Target};
use super::{layered, transparent};
use crate::balance::PickFirst;
use crate::base::events::Sink;
use crate::base::interceptor::Interceptors;
use crate::base::{CallFuture, CallRequest, CallSide, Limits, Policy, Resolver};
use crate::discovery::{Dns, Static};
use crate::protocol::HttpService;
use crate::protocol::grpc::client::Identity;
use crate::telemetry::Watch;
use crate::transport;

/// What a channel's calls pass through.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) sink: Sink,
    pub(crate) call_interceptors: Interceptors,
    pub(crate) attempt_interceptors: Interceptors,
    /// A user's tower layers, if there are any.
    pub(crate) http: Option<HttpService>,
    pub(crate) endpoints: Endpoints,
}

impl Stack {
    /// Makes one call.
    pub(crate) fn call(self: &Arc<Self>, mut request: CallRequest) -> CallFuture {
        // Watching comes first, so that span and events tell what the caller is told.
        let watch = Watch::start(CallSide::Client, &self.sink, &mut request);
        // The deadline bounds everything that follows: waiting for a connection, every attempt,
        // and the stream of responses.
        let deadline = request.context.deadline();
        // A user's interceptors see a call once, however many attempts it takes.
        let call = match self.call_interceptors.is_empty() {
            true => self.attempts(request),
            false => {
                let stack = Arc::clone(self);
                Box::pin(async move {
                    let attempts = |request: CallRequest| {
                        // An interceptor may have set a deadline, which then holds, too.
                        let own = request
                            .context
                            .deadline()
                            .filter(|_| deadline != request.context.deadline());
                        around(None, own, stack.attempts(request))
                    };
                    stack.call_interceptors.run(request, attempts).await
                })
            }
        };
        around(watch, deadline, call)
    }

    /// The attempts of one call.
    fn attempts(self: &Arc<Self>, request: CallRequest) -> CallFuture {
        // These see each attempt: credentials that expire, spans of attempts.
        match self.attempt_interceptors.is_empty() {
            true => self.attempt(request),
            false => {
                let stack = Arc::clone(self);
                Box::pin(async move {
                    let attempt = |request| stack.attempt(request);
                    stack.attempt_interceptors.run(request, attempt).await
                })
            }
        }
    }

    /// One attempt: pick a connection, send, read the head of the answer.
    fn attempt(self: &Arc<Self>, request: CallRequest) -> CallFuture {
        // Innermost, because a call that the server has not seen has not been attempted yet:
        // nothing above counts, delays or even notices its repetition.
        match &self.http {
            None => transparent::send(self, request),
            // A user's tower layers stand just above it: they see what is sent.
            Some(http) => layered::send(self, http.clone(), request),
        }
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
