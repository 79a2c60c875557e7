//! A mock without a socket: a generated server is a channel's other end just as well.
//!
//! The same works in a test; what is under test can't tell the difference.

use meshrpc::{Channel, Receiver, Request, Response, Sender, Status};
use meshrpc_examples::Error;
use meshrpc_examples::contracts::greeter::v1::greeter_service::{
    GreeterService, GreeterServiceClient, GreeterServiceServer,
};
use meshrpc_examples::contracts::greeter::v1::{
    GreetAllRequest, GreetAllResponse, GreetEachRequest, GreetEachResponse, GreetRepeatedlyRequest,
    GreetRepeatedlyResponse, GreetRequest, GreetResponse,
};

/// What is under test: code that calls a greeter.
async fn politely(greeter: &GreeterServiceClient, name: &str) -> String {
    let request = GreetRequest {
        name: name.to_owned(),
    };
    match greeter.greet(request).await {
        Ok(response) => response.into_inner().text,
        Err(status) => format!("Nobody greets today ({:?}).", status.code()),
    }
}

/// A greeter that says what the test tells it to.
struct Mock(Result<&'static str, Status>);

impl GreeterService for Mock {
    async fn greet(&self, _: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        let text = self.0.clone()?.to_owned();
        Ok(Response::new(GreetResponse { text }))
    }

    async fn greet_repeatedly(
        &self,
        _: Request<GreetRepeatedlyRequest>,
        _: &mut Sender<GreetRepeatedlyResponse>,
    ) -> Result<(), Status> {
        Err(Status::unimplemented("not mocked"))
    }

    async fn greet_all(
        &self,
        _: Request<Receiver<GreetAllRequest>>,
    ) -> Result<Response<GreetAllResponse>, Status> {
        Err(Status::unimplemented("not mocked"))
    }

    async fn greet_each(
        &self,
        _: Request<Receiver<GreetEachRequest>>,
        _: &mut Sender<GreetEachResponse>,
    ) -> Result<(), Status> {
        Err(Status::unimplemented("not mocked"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    for answer in [Ok("Good day."), Err(Status::unavailable("on holiday"))] {
        let channel = Channel::from_call(GreeterServiceServer::new(Mock(answer)));
        let greeter = GreeterServiceClient::new(channel);
        println!("{}", politely(&greeter, "Ada").await);
    }
    Ok(())
}
