//! Code of a user's around every call, at message level.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tonic::Status;

use super::{CallRequest, CallResponse};

/// Stands around calls, on a client or a server.
///
/// It sees the method, the metadata, the context and the outcome, may change any of them, and
/// may answer by itself by not running [`Next`]. It works on streams as on single messages; see
/// [`CallResponse::on_end`] for the outcome of a stream.
///
/// ```
/// use meshrpc::{CallRequest, CallResponse, Interceptor, Next, Status};
///
/// struct Authorize {
///     token: &'static str,
/// }
///
/// impl Interceptor for Authorize {
///     async fn intercept(
///         &self,
///         request: CallRequest,
///         next: Next<'_>,
///     ) -> Result<CallResponse, Status> {
///         match request.metadata.get("authorization") {
///             Some(token) if token == self.token => next.run(request).await,
///             _ => Err(Status::unauthenticated(format!(
///                 "{} wants a token in `authorization`",
///                 request.spec.full_name()
///             ))),
///         }
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Answers a call, usually by running `next` with it.
    fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> impl Future<Output = Result<CallResponse, Status>> + Send;
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<CallResponse, Status>> + Send + 'a>>;

/// What comes after an interceptor: further interceptors, then the call itself. A copy runs the
/// call once more.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    rest: &'a [Arc<dyn Erased>],
    call: &'a (dyn Fn(CallRequest) -> Answer<'a> + Send + Sync),
}

impl<'a> Next<'a> {
    /// Goes on with the call.
    pub fn run(
        self,
        request: CallRequest,
    ) -> impl Future<Output = Result<CallResponse, Status>> + Send + 'a {
        self.boxed(request)
    }

    fn boxed(self, request: CallRequest) -> Answer<'a> {
        match self.rest.split_first() {
            None => (self.call)(request),
            Some((first, rest)) => first.intercept(request, Self { rest, ..self }),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({} more)", self.rest.len())
    }
}

/// An interceptor of any type.
trait Erased: Send + Sync + 'static {
    fn intercept<'a>(&'a self, request: CallRequest, next: Next<'a>) -> Answer<'a>;
}

impl<I: Interceptor> Erased for I {
    fn intercept<'a>(&'a self, request: CallRequest, next: Next<'a>) -> Answer<'a> {
        Box::pin(Interceptor::intercept(self, request, next))
    }
}

/// Interceptors in the order in which they were added, the first outermost.
#[derive(Clone, Default)]
pub(crate) struct Interceptors(Vec<Arc<dyn Erased>>);

impl Interceptors {
    pub(crate) fn push(&mut self, interceptor: impl Interceptor) {
        self.0.push(Arc::new(interceptor));
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs `call` inside the interceptors; without any there is nothing between.
    pub(crate) async fn run<'a, F, Fut>(
        &'a self,
        request: CallRequest,
        call: F,
    ) -> Result<CallResponse, Status>
    where
        F: Fn(CallRequest) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<CallResponse, Status>> + Send + 'a,
    {
        if self.0.is_empty() {
            return call(request).await;
        }
        let call = |request| -> Answer<'_> { Box::pin(call(request)) };
        let next = Next {
            rest: &self.0,
            call: &call,
        };
        next.boxed(request).await
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interceptors({})", self.0.len())
    }
}
