//! `connectrpc.conformance.v1.ConformanceService`: does what each request says.

use std::time::Duration;

use meshrpc::metadata::MetadataMap;
use meshrpc::prost::Message;
use meshrpc::prost_types::Any;
use meshrpc::{
    Deadline, Receiver, Request, RequestExt as _, Response, ResponseExt as _, Sender, Status,
};

use super::convert;
use crate::contracts::connectrpc::conformance::v1::conformance_payload::RequestInfo;
use crate::contracts::connectrpc::conformance::v1::conformance_service::ConformanceService;
use crate::contracts::connectrpc::conformance::v1::unary_response_definition::Response as Answer;
use crate::contracts::connectrpc::conformance::v1::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ConformancePayload, IdempotentUnaryRequest, IdempotentUnaryResponse, ServerStreamRequest,
    ServerStreamResponse, StreamResponseDefinition, UnaryRequest, UnaryResponse,
    UnaryResponseDefinition, UnimplementedRequest, UnimplementedResponse,
};

pub(super) struct Conformance;

/// What a server saw of a call, before any message.
struct Seen {
    metadata: MetadataMap,
    deadline: Option<Deadline>,
}

impl Seen {
    fn of<M>(request: &Request<M>) -> Self {
        Self {
            metadata: request.metadata().clone(),
            deadline: request.deadline(),
        }
    }

    fn info(&self, requests: Vec<Any>) -> RequestInfo {
        let timeout = self.deadline.map(|deadline| deadline.remaining());
        RequestInfo {
            request_headers: convert::headers(&self.metadata),
            timeout_ms: timeout.map(|left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
            requests,
            connect_get_info: None,
        }
    }
}

async fn pause(millis: u32) {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis.into())).await;
    }
}

/// The one answer of a unary or client-streaming call.
async fn answer<M>(
    seen: Seen,
    definition: Option<UnaryResponseDefinition>,
    requests: Vec<Any>,
    message: impl FnOnce(ConformancePayload) -> M,
) -> Result<Response<M>, Status> {
    let definition = definition.unwrap_or_default();
    let mut headers = convert::metadata(&definition.response_headers);
    let trailers = convert::metadata(&definition.response_trailers);
    pause(definition.response_delay_ms).await;
    let info = seen.info(requests);
    let data = match definition.response {
        Some(Answer::Error(error)) => {
            // An error is all of a response: what would be headers are trailers too.
            let mut all = std::mem::take(&mut headers).into_headers();
            all.extend(trailers.into_headers());
            let info = convert::any("ConformancePayload.RequestInfo", &info);
            let metadata = MetadataMap::from_headers(all);
            return Err(convert::status(error, Some(info), metadata));
        }
        Some(Answer::ResponseData(data)) => data,
        None => Vec::new(),
    };
    let mut response = Response::new(message(ConformancePayload {
        data,
        request_info: Some(info),
    }));
    *response.metadata_mut() = headers;
    *response.trailers_mut() = trailers;
    Ok(response)
}

/// The answers of a streaming call, one after the other.
struct Answers {
    seen: Seen,
    definition: StreamResponseDefinition,
    sent: usize,
}

impl Answers {
    /// Sends the headers and remembers the trailers.
    async fn begin<M>(
        seen: Seen,
        definition: Option<StreamResponseDefinition>,
        out: &mut Sender<M>,
    ) -> Result<Self, Status> {
        let is_defined = definition.is_some();
        let definition = definition.unwrap_or_default();
        if is_defined {
            *out.metadata_mut() = convert::metadata(&definition.response_headers);
            *out.trailers_mut() = convert::metadata(&definition.response_trailers);
            out.send_headers().await?;
        }
        Ok(Self {
            seen,
            definition,
            sent: 0,
        })
    }

    /// The next payload, if there is one left. The first says all about the call; later ones
    /// repeat `requests` if `every_one` does.
    async fn next(
        &mut self,
        requests: &mut Vec<Any>,
        every_one: bool,
    ) -> Option<ConformancePayload> {
        let data = self.definition.response_data.get(self.sent)?.clone();
        pause(self.definition.response_delay_ms).await;
        let request_info = if self.sent == 0 {
            Some(self.seen.info(std::mem::take(requests)))
        } else if every_one {
            Some(RequestInfo {
                requests: std::mem::take(requests),
                ..Default::default()
            })
        } else {
            None
        };
        self.sent += 1;
        Some(ConformancePayload { data, request_info })
    }

    /// The end, after the last answer.
    fn end(self, requests: Vec<Any>) -> Result<(), Status> {
        let Some(error) = self.definition.error else {
            return Ok(());
        };
        let info = (self.sent == 0)
            .then(|| convert::any("ConformancePayload.RequestInfo", &self.seen.info(requests)));
        Err(convert::status(error, info, MetadataMap::new()))
    }
}

fn packed(name: &str, request: &impl Message) -> Vec<Any> {
    vec![convert::any(name, request)]
}

impl ConformanceService for Conformance {
    async fn unary(
        &self,
        request: Request<UnaryRequest>,
    ) -> Result<Response<UnaryResponse>, Status> {
        let seen = Seen::of(&request);
        let request = request.into_inner();
        let requests = packed("UnaryRequest", &request);
        answer(seen, request.response_definition, requests, |payload| {
            UnaryResponse {
                payload: Some(payload),
            }
        })
        .await
    }

    async fn idempotent_unary(
        &self,
        request: Request<IdempotentUnaryRequest>,
    ) -> Result<Response<IdempotentUnaryResponse>, Status> {
        let seen = Seen::of(&request);
        let request = request.into_inner();
        let requests = packed("IdempotentUnaryRequest", &request);
        answer(seen, request.response_definition, requests, |payload| {
            IdempotentUnaryResponse {
                payload: Some(payload),
            }
        })
        .await
    }

    async fn client_stream(
        &self,
        request: Request<Receiver<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let seen = Seen::of(&request);
        let mut incoming = request.into_inner();
        let (mut requests, mut definition) = (Vec::new(), None);
        while let Some(request) = incoming.message().await? {
            requests.push(convert::any("ClientStreamRequest", &request));
            if requests.len() == 1 {
                definition = request.response_definition;
            }
        }
        answer(seen, definition, requests, |payload| ClientStreamResponse {
            payload: Some(payload),
        })
        .await
    }

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
        out: &mut Sender<ServerStreamResponse>,
    ) -> Result<(), Status> {
        let seen = Seen::of(&request);
        let request = request.into_inner();
        let mut requests = packed("ServerStreamRequest", &request);
        let mut answers = Answers::begin(seen, request.response_definition, out).await?;
        while let Some(payload) = answers.next(&mut requests, false).await {
            let payload = Some(payload);
            out.send(ServerStreamResponse { payload }).await?;
        }
        answers.end(requests)
    }

    async fn bidi_stream(
        &self,
        request: Request<Receiver<BidiStreamRequest>>,
        out: &mut Sender<BidiStreamResponse>,
    ) -> Result<(), Status> {
        let mut seen = Some(Seen::of(&request));
        let mut incoming = request.into_inner();
        let (mut requests, mut answers, mut full_duplex) = (Vec::new(), None, false);
        while let Some(request) = incoming.message().await? {
            requests.push(convert::any("BidiStreamRequest", &request));
            if let Some(seen) = seen.take() {
                full_duplex = request.full_duplex;
                answers = Some(Answers::begin(seen, request.response_definition, out).await?);
            }
            if let Some(answers) = answers.as_mut().filter(|_| full_duplex) {
                let Some(payload) = answers.next(&mut requests, true).await else {
                    break;
                };
                let payload = Some(payload);
                out.send(BidiStreamResponse { payload }).await?;
            }
        }
        let Some(mut answers) = answers else {
            return Ok(());
        };
        while let Some(payload) = answers.next(&mut requests, false).await {
            let payload = Some(payload);
            out.send(BidiStreamResponse { payload }).await?;
        }
        answers.end(requests)
    }

    async fn unimplemented(
        &self,
        _: Request<UnimplementedRequest>,
    ) -> Result<Response<UnimplementedResponse>, Status> {
        Err(Status::unimplemented(
            "connectrpc.conformance.v1.ConformanceService/Unimplemented is what its name says",
        ))
    }
}
