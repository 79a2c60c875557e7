//! Code around every call: on the server who may call at all, on the client a credential for
//! each attempt, and a log of how calls ended.

use meshrpc::metadata::MetadataValue;
use meshrpc::{CallRequest, CallResponse, Channel, Interceptor, Next, Server, Status};
use meshrpc_examples::contracts::greeter::v1::greeter_service::{
    GreeterServiceClient, GreeterServiceServer,
};
use meshrpc_examples::contracts::greeter::v1::{GreetRepeatedlyRequest, GreetRequest};
use meshrpc_examples::{Error, Greeter};
use tokio::net::TcpListener;

/// Lets nobody in without the token. Answers by itself, by not running `next`.
struct Authorize;

impl Interceptor for Authorize {
    async fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        match request.metadata.get("authorization") {
            Some(token) if token == "Bearer tea" => next.run(request).await,
            _ => Err(Status::unauthenticated("authorization: no known token")),
        }
    }
}

/// Shows the token. Stands around each attempt, so that a repeated call has a fresh one.
struct Credential;

impl Interceptor for Credential {
    async fn intercept(
        &self,
        mut request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        let token = MetadataValue::from_static("Bearer tea");
        request.metadata.insert("authorization", token);
        next.run(request).await
    }
}

/// Tells how calls ended. A stream has not ended when its response is there: `on_end` sees it.
struct Log;

impl Interceptor for Log {
    async fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        let method = request.spec().full_name().to_owned();
        match next.run(request).await {
            Ok(response) => Ok(response.on_end(move |end| match end {
                Ok(_) => println!("{method}: ok"),
                Err(status) => println!("{method}: {:?}", status.code()),
            })),
            Err(status) => {
                println!("{method}: {:?}", status.code());
                Err(status)
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let target = format!("http://{}", listener.local_addr()?);
    let server = Server::builder()
        .intercept(Authorize)
        .add_service(GreeterServiceServer::new(Greeter));
    tokio::spawn(server.serve_listener(listener));

    let stranger = Channel::builder(&target).intercept(Log).connect().await?;
    let stranger = GreeterServiceClient::new(stranger);
    let name = "stranger".to_owned();
    let refused = stranger.greet(GreetRequest { name }).await;
    println!(
        "{}",
        refused.err().ok_or("let in without a token")?.message()
    );

    let friend = Channel::builder(&target)
        .intercept(Log)
        .intercept_attempts(Credential)
        .connect()
        .await?;
    let friend = GreeterServiceClient::new(friend);
    let name = "friend".to_owned();
    let response = friend.greet(GreetRequest { name }).await?;
    println!("{}", response.into_inner().text);

    let name = "friend".to_owned();
    let request = GreetRepeatedlyRequest { name, times: 2 };
    let mut greetings = friend.greet_repeatedly(request).await?.into_inner();
    while let Some(greeting) = greetings.message().await? {
        println!("{}", greeting.text);
    }
    Ok(())
}
