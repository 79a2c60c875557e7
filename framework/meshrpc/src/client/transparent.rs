//! An attempt that is repeated while the server has certainly not seen it (gRFC A6).
//!
//! What never left is sent again without limit, until the call's deadline; what the server
//! refused, by REFUSED_STREAM or a GOAWAY that does not cover it, once. Each time the call is
//! picked anew. Whether the method may be repeated does not matter: nothing has happened.

use std::sync::Arc;

use http::{Request, Response};
use tonic::{Code, Status};

use super::endpoints::Picked;
use super::stack::Stack;
use crate::base::rt::{self, Instant};
use crate::base::{CallFuture, CallRequest, CallResponse, OnDone, Outcome};
use crate::protocol::Body;
use crate::protocol::grpc::client::{self as grpc, CallHead};
use crate::transport::http2_client::Exchange;
use crate::transport::{Processed, TransportError};

/// Sends a call and reads the head of its answer.
pub(super) fn send(stack: &Arc<Stack>, call: CallRequest) -> CallFuture {
    match grpc::split(call, &stack.limits) {
        Ok((call, body)) => Box::pin(repeat(Arc::clone(stack), call, body)),
        Err(status) => Box::pin(std::future::ready(Err(status))),
    }
}

async fn repeat(stack: Arc<Stack>, call: CallHead, body: Body) -> Result<CallResponse, Status> {
    // With the time that is left at each attempt.
    let head = || grpc::head(&stack.identity, &call);
    let (response, report) = exchange(&stack, &call, body, head).await?;
    let answer = grpc::response(call.spec.kind(), response, &stack.limits);
    report.watch(answer.await)
}

/// The HTTP exchange of an attempt, repeated while the server has certainly not seen it.
pub(super) async fn exchange(
    stack: &Stack,
    call: &CallHead,
    body: Body,
    head: impl Fn() -> Result<Request<()>, Status>,
) -> Result<(Response<Body>, Report), Status> {
    let mut body = body;
    let mut refused = false;
    loop {
        let picked = stack.endpoints.pick(call).await?;
        let mut head = head()?;
        if let Some(deadline) = call.context.deadline()
            && call.spec.kind().client_streams()
        {
            // A stream is sent by a task of its own, which has to end in time, too.
            head.extensions_mut().insert(deadline);
        }
        // A single message is kept for a repetition: its bytes are shared, not copied.
        let spare = if refused { None } else { body.shared() };
        let (exchange, report) = match start(picked, head, body) {
            Ok(started) => started,
            Err((None, unsent)) => {
                body = unsent;
                continue;
            }
            Err((Some(error), unsent)) if error.processed == Processed::Unsent => {
                tracing::debug!(%error, "a call was not sent; it is picked anew");
                body = unsent;
                continue;
            }
            Err((Some(error), _)) => return Err(error.status),
        };
        let (error, untouched) = match exchange.response().await {
            Ok(response) => return Ok((response, report)),
            Err(failed) => failed,
        };
        report.end(error.status.code());
        match untouched.or(spare) {
            Some(again) if error.processed != Processed::Maybe && !refused => {
                tracing::debug!(%error, "the server refused a call unseen; it is sent once more");
                refused = true;
                body = again;
            }
            _ => return Err(error.status),
        }
    }
}

/// Why a request was not sent, if for more than a lost connection; and its body.
type NotSent = (Option<TransportError>, Body);

#[expect(
    clippy::result_large_err,
    reason = "the error carries what a repetition needs, and is rare"
)]
fn start(mut picked: Picked, head: Request<()>, body: Body) -> Result<(Exchange, Report), NotSent> {
    let Some(connection) = picked.connection() else {
        return Err((None, body));
    };
    match connection.send(head, body) {
        Ok(exchange) => Ok((exchange, Report::new(picked.on_done.take()))),
        Err((error, body)) => Err((Some(error), body)),
    }
}

/// Tells a picker once how its attempt ended, if it wants to know.
pub(super) struct Report(Option<(OnDone, Instant)>);

impl Report {
    fn new(on_done: Option<OnDone>) -> Self {
        Self(on_done.map(|on_done| (on_done, rt::now())))
    }

    pub(super) fn end(mut self, code: Code) {
        self.tell(|outcome| outcome, code);
    }

    /// Waits for the end of a response, or tells that there is none.
    pub(super) fn watch(
        mut self,
        result: Result<CallResponse, Status>,
    ) -> Result<CallResponse, Status> {
        if self.0.is_none() {
            return result;
        }
        match result {
            Ok(response) => Ok(response.on_end(move |end| match end {
                Ok(trailers) => self.tell(|outcome| outcome.with_trailers(trailers), Code::Ok),
                Err(status) => {
                    let trailers = status.metadata();
                    self.tell(|outcome| outcome.with_trailers(trailers), status.code());
                }
            })),
            Err(status) => {
                let trailers = status.metadata();
                self.tell(|outcome| outcome.with_trailers(trailers), status.code());
                Err(status)
            }
        }
    }

    fn tell<'a>(&mut self, with: impl FnOnce(Outcome<'a>) -> Outcome<'a>, code: Code) {
        if let Some((on_done, since)) = self.0.take() {
            on_done(&with(Outcome::new(code, since.elapsed())));
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.tell(|outcome| outcome, Code::Cancelled);
    }
}
