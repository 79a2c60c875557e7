//! The service that the examples call: each kind of call once.

use std::net::SocketAddr;

use meshrpc::google::rpc::BadRequest;
use meshrpc::google::rpc::bad_request::FieldViolation;
use meshrpc::{Receiver, Request, Response, Sender, Server, Status, StatusExt};
use tokio::net::TcpListener;

use crate::Error;
use crate::contracts::greeter::v1::greeter_service::{GreeterService, GreeterServiceServer};
use crate::contracts::greeter::v1::{
    GreetAllRequest, GreetAllResponse, GreetEachRequest, GreetEachResponse, GreetRepeatedlyRequest,
    GreetRepeatedlyResponse, GreetRequest, GreetResponse,
};

/// Greets people.
#[derive(Debug, Clone, Copy)]
pub struct Greeter;

/// Starts a greeter on a free port of this machine and says where. It ends with the program.
///
/// # Errors
/// When no port is to be had.
pub async fn start() -> Result<SocketAddr, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Server::builder().add_service(GreeterServiceServer::new(Greeter));
    tokio::spawn(server.serve_listener(listener));
    Ok(address)
}

impl GreeterService for Greeter {
    async fn greet(
        &self,
        request: Request<GreetRequest>,
    ) -> Result<Response<GreetResponse>, Status> {
        let GreetRequest { name } = request.into_inner();
        if name.is_empty() {
            // The caller gets this code and text, and the details.
            let violation = FieldViolation {
                field: "name".to_owned(),
                description: "must not be empty".to_owned(),
                ..FieldViolation::default()
            };
            let wrong = BadRequest {
                field_violations: vec![violation],
            };
            return Err(Status::invalid_argument("name: must not be empty").with_detail(&wrong));
        }
        Ok(Response::new(GreetResponse {
            text: format!("Hello, {name}!"),
        }))
    }

    async fn greet_repeatedly(
        &self,
        request: Request<GreetRepeatedlyRequest>,
        out: &mut Sender<GreetRepeatedlyResponse>,
    ) -> Result<(), Status> {
        let GreetRepeatedlyRequest { name, times } = request.into_inner();
        for time in 1..=times {
            // Waits while the caller reads more slowly than we send, and ends us, by `?`, when
            // the caller is gone.
            out.send(GreetRepeatedlyResponse {
                text: format!("Hello for the {time}. time, {name}!"),
            })
            .await?;
        }
        Ok(())
    }

    async fn greet_all(
        &self,
        request: Request<Receiver<GreetAllRequest>>,
    ) -> Result<Response<GreetAllResponse>, Status> {
        let mut people = request.into_inner();
        let mut names = Vec::new();
        while let Some(person) = people.message().await? {
            names.push(person.name);
        }
        let text = format!("Hello, {}!", names.join(" and "));
        Ok(Response::new(GreetAllResponse { text }))
    }

    async fn greet_each(
        &self,
        request: Request<Receiver<GreetEachRequest>>,
        out: &mut Sender<GreetEachResponse>,
    ) -> Result<(), Status> {
        let mut people = request.into_inner();
        let mut count: u32 = 0;
        while let Some(person) = people.message().await? {
            count += 1;
            out.send(GreetEachResponse {
                text: format!("Hello, {}!", person.name),
            })
            .await?;
        }
        // What is only known at the end goes into the trailers.
        out.trailers_mut().insert("greeted", count.into());
        Ok(())
    }
}
