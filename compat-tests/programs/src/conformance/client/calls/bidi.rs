//! Any number of requests and responses: in turn (full duplex), or first the one, then the
//! other (half duplex).

use meshrpc::client::Reply;
use meshrpc::{Receiver, Response, Status};

use super::{pause, record_failure, with_metadata, with_options};
use crate::Failure;
use crate::conformance::client::timing::{Timing, given_up};
use crate::conformance::convert;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceServiceClient;
use crate::contracts::connectrpc::conformance::v1::{
    BidiStreamResponse, ClientCompatRequest, ClientResponseResult, StreamType,
};

pub(super) async fn make(
    client: &ConformanceServiceClient,
    asked: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let (mut requests, reply) = with_metadata!(client.bidi_stream(), asked).start();
    let timing = Timing::of(asked);
    let full_duplex = asked.stream_type() == StreamType::FullDuplexBidiStream;
    let mut responses = Responses {
        reply: Some(reply),
        open: None,
    };
    let mut result = ClientResponseResult::default();
    let mut unsent = asked.request_messages.len();
    let mut next = Ok(true);
    for message in &asked.request_messages {
        pause(asked).await;
        let message = convert::unpack("BidiStreamRequest", message)?;
        if requests.send(message).await.is_err() {
            break;
        }
        unsent -= 1;
        if full_duplex {
            next = responses.next(timing, &mut result).await;
            if !matches!(next, Ok(true)) {
                break;
            }
        }
    }
    result.num_unsent_requests = i32::try_from(unsent)?;
    if next.is_ok() {
        if timing.before_close_send {
            drop(requests);
        } else {
            // Why a call ended before its requests did, the responses say too.
            let _ = requests.finish().await;
        }
        let rest = async {
            while responses.next(timing, &mut result).await? {}
            Ok(())
        };
        next = timing.limit(rest).await.map(|()| false);
    }
    if let Err(status) = next {
        record_failure(&mut result, &status);
    }
    Ok(result)
}

/// The responses, whose headers come when they come.
struct Responses {
    reply: Option<Reply<Response<Receiver<BidiStreamResponse>>>>,
    open: Option<Receiver<BidiStreamResponse>>,
}

impl Responses {
    /// Records the next response; false at the end.
    async fn next(
        &mut self,
        timing: Timing,
        result: &mut ClientResponseResult,
    ) -> Result<bool, Status> {
        if let Some(reply) = self.reply.take() {
            let response = reply.await?;
            result.response_headers = convert::headers(response.metadata());
            self.open = Some(response.into_inner());
        }
        let Some(responses) = &mut self.open else {
            return Err(given_up());
        };
        let Some(response) = responses.message().await? else {
            result.response_trailers = responses
                .trailers()
                .map(convert::headers)
                .unwrap_or_default();
            return Ok(false);
        };
        result.payloads.push(response.payload.unwrap_or_default());
        if timing.after_responses == Some(result.payloads.len()) {
            self.open = None;
            return Err(given_up());
        }
        Ok(true)
    }
}
