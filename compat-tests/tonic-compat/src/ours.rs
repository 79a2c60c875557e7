//! The service on meshrpc.

use meshrpc::{
    CallContext, Receiver, Request, Response, ResponseExt, Sender, Status, StatusExt,
    metadata::MetadataValue,
};

use crate::contracts::compat::v1::echo_service::EchoService;
use crate::contracts::compat::v1::{SayRequest, SayResponse};

/// Says things back.
#[derive(Debug, Clone, Copy)]
pub struct Echo;

/// A failure with all that a status can carry.
pub fn failure() -> Status {
    let mut status = Status::failed_precondition("asked to fail: ☺ 100%").with_detail(
        &meshrpc::google::rpc::ErrorInfo {
            reason: "ASKED".to_owned(),
            domain: "compat".to_owned(),
            ..Default::default()
        },
    );
    let trailer = MetadataValue::from_static("of the failure");
    status.metadata_mut().insert("x-trailing", trailer);
    status
}

impl EchoService for Echo {
    async fn say(&self, request: Request<SayRequest>) -> Result<Response<SayResponse>, Status> {
        let key = request.metadata().get("x-key").cloned();
        let bin = request.metadata().get_bin("x-bin").cloned();
        let context = CallContext::current();
        let text = match request.into_inner().text.as_str() {
            "fail" => return Err(failure()),
            "wait" => std::future::pending().await,
            "panic" => panic!("asked to panic"),
            "who" => format!("{:?}", context.peer().and_then(|peer| peer.remote_addr)),
            "deadline" => format!("{}", context.deadline().is_some()),
            text => text.to_owned(),
        };
        let mut response = Response::new(SayResponse { text, number: 1 });
        if let Some(key) = key {
            response.metadata_mut().insert("x-initial", key.clone());
            response.trailers_mut().insert("x-trailing", key);
        }
        if let Some(bin) = bin {
            response.metadata_mut().insert_bin("x-back-bin", bin);
        }
        Ok(response)
    }

    async fn count(
        &self,
        request: Request<SayRequest>,
        out: &mut Sender<SayResponse>,
    ) -> Result<(), Status> {
        let SayRequest { text, times } = request.into_inner();
        let initial = MetadataValue::from_static("count");
        out.metadata_mut().insert("x-initial", initial);
        for number in 0..times {
            let text = text.clone();
            out.send(SayResponse { text, number }).await?;
        }
        if text == "fail" {
            return Err(failure());
        }
        let trailer = MetadataValue::from_static("done");
        out.trailers_mut().insert("x-trailing", trailer);
        Ok(())
    }

    async fn collect(
        &self,
        request: Request<Receiver<SayRequest>>,
    ) -> Result<Response<SayResponse>, Status> {
        let mut requests = request.into_inner();
        let mut all = SayResponse::default();
        while let Some(request) = requests.message().await? {
            if request.text == "fail" {
                return Err(failure());
            }
            all.text.push_str(&request.text);
            all.number += 1;
        }
        Ok(Response::new(all))
    }

    async fn chat(
        &self,
        request: Request<Receiver<SayRequest>>,
        out: &mut Sender<SayResponse>,
    ) -> Result<(), Status> {
        let mut requests = request.into_inner();
        let mut number = 0;
        while let Some(SayRequest { text, .. }) = requests.message().await? {
            if text == "fail" {
                return Err(failure());
            }
            out.send(SayResponse { text, number }).await?;
            number += 1;
        }
        Ok(())
    }
}
