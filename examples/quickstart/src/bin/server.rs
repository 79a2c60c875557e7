//! Serves `hello.v1.HelloService`.

use meshrpc::{Request, Response, Server, Status};
use quickstart::contracts::hello::v1::hello_service::{HelloService, HelloServiceServer};
use quickstart::contracts::hello::v1::{SayHelloRequest, SayHelloResponse};

struct Hello;

impl HelloService for Hello {
    async fn say_hello(
        &self,
        request: Request<SayHelloRequest>,
    ) -> Result<Response<SayHelloResponse>, Status> {
        let name = request.into_inner().name;
        if name.is_empty() {
            return Err(Status::invalid_argument("name: must not be empty"));
        }
        let text = format!("Hello, {name}!");
        Ok(Response::new(SayHelloResponse { text }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:50051".to_owned());
    Server::builder()
        .add_service(HelloServiceServer::new(Hello))
        .serve(address)
        .await?;
    Ok(())
}
