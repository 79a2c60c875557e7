//! The greeter in tonic: compare with `examples/basics/src/greeter.rs`.

use std::pin::Pin;

use meshrpc_examples::contracts::greeter::v1::{
    GreetAllRequest, GreetAllResponse, GreetEachRequest, GreetEachResponse, GreetRepeatedlyRequest,
    GreetRepeatedlyResponse, GreetRequest, GreetResponse,
};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::generated::greeter_service_server::GreeterService;

/// Greets people, in tonic.
#[derive(Debug)]
pub(crate) struct Greeter;

/// tonic's streams are values that a handler returns; meshrpc's are written to while it runs.
type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl GreeterService for Greeter {
    async fn greet(
        &self,
        request: Request<GreetRequest>,
    ) -> Result<Response<GreetResponse>, Status> {
        let GreetRequest { name } = request.into_inner();
        if name.is_empty() {
            return Err(Status::invalid_argument("name: must not be empty"));
        }
        Ok(Response::new(GreetResponse {
            text: format!("Hello, {name}!"),
        }))
    }

    type GreetRepeatedlyStream = BoxStream<GreetRepeatedlyResponse>;

    async fn greet_repeatedly(
        &self,
        request: Request<GreetRepeatedlyRequest>,
    ) -> Result<Response<Self::GreetRepeatedlyStream>, Status> {
        let GreetRepeatedlyRequest { name, times } = request.into_inner();
        let greetings = tokio_stream::iter(1..=times).map(move |time| {
            Ok(GreetRepeatedlyResponse {
                text: format!("Hello for the {time}. time, {name}!"),
            })
        });
        Ok(Response::new(Box::pin(greetings)))
    }

    async fn greet_all(
        &self,
        request: Request<Streaming<GreetAllRequest>>,
    ) -> Result<Response<GreetAllResponse>, Status> {
        let mut people = request.into_inner();
        let mut names = Vec::new();
        while let Some(person) = people.message().await? {
            names.push(person.name);
        }
        let text = format!("Hello, {}!", names.join(" and "));
        Ok(Response::new(GreetAllResponse { text }))
    }

    type GreetEachStream = BoxStream<GreetEachResponse>;

    async fn greet_each(
        &self,
        request: Request<Streaming<GreetEachRequest>>,
    ) -> Result<Response<Self::GreetEachStream>, Status> {
        let greetings = request.into_inner().map(|person| {
            Ok(GreetEachResponse {
                text: format!("Hello, {}!", person?.name),
            })
        });
        Ok(Response::new(Box::pin(greetings)))
    }
}
