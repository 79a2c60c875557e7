//! The service on tonic.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataValue};

use crate::tonic_contracts::echo_service_server::EchoService;
use crate::tonic_contracts::{SayRequest, SayResponse};

/// Says things back.
#[derive(Debug, Clone, Copy)]
pub struct Echo;

type Responses = Pin<Box<dyn Stream<Item = Result<SayResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EchoService for Echo {
    async fn say(&self, request: Request<SayRequest>) -> Result<Response<SayResponse>, Status> {
        let key = request.metadata().get("x-key").cloned();
        let bin = request.metadata().get_bin("x-bin").cloned();
        let who = request.remote_addr();
        let text = match request.into_inner().text.as_str() {
            "fail" => return Err(crate::ours::failure()),
            "wait" => std::future::pending().await,
            "panic" => panic!("asked to panic"),
            "who" => format!("{who:?}"),
            "deadline" => {
                let context = meshrpc::CallContext::current();
                format!("{}", context.deadline().is_some())
            }
            text => text.to_owned(),
        };
        let mut response = Response::new(SayResponse { text, number: 1 });
        if let Some(key) = key {
            response.metadata_mut().insert("x-initial", key);
        }
        if let Some(bin) = bin {
            response.metadata_mut().insert_bin("x-back-bin", bin);
        }
        Ok(response)
    }

    type CountStream = Responses;

    async fn count(&self, request: Request<SayRequest>) -> Result<Response<Responses>, Status> {
        let SayRequest { text, times } = request.into_inner();
        let fail = text == "fail";
        let said = tokio_stream::iter(0..times).map(move |number| {
            Ok(SayResponse {
                text: text.clone(),
                number,
            })
        });
        let failure = fail.then(|| Err(crate::ours::failure()));
        let said = said.chain(tokio_stream::iter(failure));
        let mut response = Response::new(Box::pin(said) as Responses);
        let initial = MetadataValue::from_static("count");
        response.metadata_mut().insert("x-initial", initial);
        Ok(response)
    }

    async fn collect(
        &self,
        request: Request<Streaming<SayRequest>>,
    ) -> Result<Response<SayResponse>, Status> {
        let mut requests = request.into_inner();
        let mut all = SayResponse::default();
        while let Some(request) = requests.message().await? {
            if request.text == "fail" {
                return Err(crate::ours::failure());
            }
            all.text.push_str(&request.text);
            all.number += 1;
        }
        Ok(Response::new(all))
    }

    type ChatStream = Responses;

    async fn chat(
        &self,
        request: Request<Streaming<SayRequest>>,
    ) -> Result<Response<Responses>, Status> {
        let mut number = -1;
        let said = request.into_inner().map(move |request| {
            let text = request?.text;
            if text == "fail" {
                return Err(crate::ours::failure());
            }
            number += 1;
            Ok(SayResponse { text, number })
        });
        Ok(Response::new(Box::pin(said)))
    }
}
