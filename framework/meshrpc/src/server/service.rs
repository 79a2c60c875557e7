//! A generated service with its options.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::stack;
use crate::base::interceptor::Interceptors;
use crate::base::{Call, CallFuture, CallRequest, Interceptor, ServiceSpec};
use crate::codec::Encoding;

/// Something that a [`Server`](super::Server) serves under a service's name.
pub trait Service: Call {
    /// The service as the contract describes it.
    fn spec(&self) -> &'static ServiceSpec;

    /// The service's options.
    fn options(&self) -> &ServiceOptions;

    /// Answers a call with nothing around it: deadline, interceptors and context are the
    /// server's, which calls this. [`Call::call`] is for everybody else, and has them.
    fn handle(&self, request: CallRequest) -> CallFuture {
        self.call(request)
    }

    /// Told once, before the server accepts its first connection, what it serves.
    fn starting(&self, services: &ServedServices<'_>) {
        let _ = services;
    }

    /// Told when the server begins to shut down, before it sends its connections away.
    fn draining(&self) {}
}

/// What a server serves; a service is told at the start.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServedServices<'a> {
    /// The services in the order in which they were added. Of a mounted one only the name is
    /// known.
    pub services: &'a [&'static ServiceSpec],
}

/// The options of one service; what is not set is as the server has it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// Longest request message accepted, in bytes, after decompression.
    pub max_receive_message: Option<usize>,
    /// Longest response message sent, in bytes, before compression.
    pub max_send_message: Option<usize>,
    /// Compress responses so, for callers that accept it.
    pub compress: Option<Encoding>,
    pub(crate) interceptors: Interceptors,
    /// Calls of any method are this service's, not only of those in its spec.
    pub(crate) any_method: bool,
}

/// What generated code knows about a service without its implementation.
pub trait Described: Send + Sync + 'static {
    /// `package.Service`.
    const NAME: &'static str;
    /// The service as the contract describes it.
    fn spec() -> &'static ServiceSpec;
}

/// What generated code does with a call: find the method of `T` and hand the call to it.
pub trait Dispatch<T>: Described {
    /// Answers one call.
    fn dispatch(service: &Arc<T>, request: CallRequest) -> CallFuture;
}

/// An implementation `T` of a service, with options. Generated code names it
/// `…Server<T>`, one alias a service.
///
/// It is also a [`Call`]: `Channel::from_call(OrderServiceServer::new(mock))` is a client's
/// channel without any socket. Its calls have all that a server puts around them (deadline,
/// context, interceptors, panics), but for what concerns bytes: size limits and compression.
pub struct ServiceServer<T, D> {
    service: Arc<T>,
    options: ServiceOptions,
    dispatch: PhantomData<fn() -> D>,
}

impl<T, D: Dispatch<T>> ServiceServer<T, D> {
    /// Serves with `service`.
    pub fn new(service: T) -> Self {
        Self::from_arc(Arc::new(service))
    }

    /// Serves with a shared `service`.
    pub fn from_arc(service: Arc<T>) -> Self {
        Self {
            service,
            options: ServiceOptions::default(),
            dispatch: PhantomData,
        }
    }

    /// Accepts request messages of up to `bytes`, counted after decompression. 4 MiB unless set
    /// here or in the server's [`Limits`](crate::Limits).
    #[must_use]
    pub fn max_receive_message_size(mut self, bytes: usize) -> Self {
        self.options.max_receive_message = Some(bytes);
        self
    }

    /// Sends response messages of up to `bytes`, counted before compression. 64 MiB unless set
    /// here or in the server's [`Limits`](crate::Limits).
    #[must_use]
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.options.max_send_message = Some(bytes);
        self
    }

    /// Puts an interceptor around the service's handlers, inside of the server's own. The first
    /// one added is the outermost.
    #[must_use]
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.options.interceptors.push(interceptor);
        self
    }

    /// Compresses responses for callers that accept this encoding. Off unless set.
    #[must_use]
    pub fn send_compressed(mut self, encoding: Encoding) -> Self {
        self.options.compress = Some(encoding);
        self
    }
}

impl<T, D> Call for ServiceServer<T, D>
where
    T: Send + Sync + 'static,
    D: Dispatch<T>,
{
    fn call(&self, request: CallRequest) -> CallFuture {
        let service: Arc<dyn Service> = Arc::new(self.clone());
        Box::pin(stack::call_locally(&service, request))
    }
}

impl<T, D> Service for ServiceServer<T, D>
where
    T: Send + Sync + 'static,
    D: Dispatch<T>,
{
    fn spec(&self) -> &'static ServiceSpec {
        D::spec()
    }

    fn options(&self) -> &ServiceOptions {
        &self.options
    }

    fn handle(&self, request: CallRequest) -> CallFuture {
        D::dispatch(&self.service, request)
    }
}

impl<T, D> Clone for ServiceServer<T, D> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            options: self.options.clone(),
            dispatch: PhantomData,
        }
    }
}

impl<T, D: Described> fmt::Debug for ServiceServer<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceServer")
            .field("name", &D::NAME)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
