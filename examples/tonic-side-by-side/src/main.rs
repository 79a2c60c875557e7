//! One contract, two frameworks: each client calls each server.
//!
//! On the wire there is nothing between them. In the code there is little: `Request`, `Response`
//! and `Status` are the same types, and so are the messages. `theirs.rs` is the service in tonic,
//! `meshrpc_examples::Greeter` the same in meshrpc.

mod theirs;

/// What tonic generated: a client and a server module.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    reason = "generated"
)]
#[allow(clippy::all, reason = "generated")]
mod generated {
    tonic::include_proto!("greeter.v1");
}

use generated::greeter_service_client::GreeterServiceClient as TonicClient;
use generated::greeter_service_server::GreeterServiceServer as TonicServer;
use meshrpc_examples::Error;
use meshrpc_examples::contracts::greeter::v1::greeter_service::GreeterServiceClient;
use meshrpc_examples::contracts::greeter::v1::{GreetRepeatedlyRequest, GreetRequest};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let servers = [
        (
            "meshrpc",
            format!("http://{}", meshrpc_examples::start().await?),
        ),
        ("tonic", format!("http://{}", start_tonic().await?)),
    ];
    for (server, target) in &servers {
        let ours = call_with_meshrpc(target).await?;
        println!("meshrpc calls {server}: {}", ours.join(" "));
        let theirs = call_with_tonic(target).await?;
        println!("tonic calls {server}: {}", theirs.join(" "));
    }
    Ok(())
}

async fn start_tonic() -> Result<std::net::SocketAddr, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tonic::transport::Server::builder()
        .add_service(TonicServer::new(theirs::Greeter))
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::spawn(server);
    Ok(address)
}

/// A call's messages are its own; what is around them is what differs.
async fn call_with_meshrpc(target: &str) -> Result<Vec<String>, Error> {
    let client = GreeterServiceClient::connect(target).await?;
    let response = client.greet(one()).await?;
    let mut texts = vec![response.into_inner().text];
    let mut greetings = client.greet_repeatedly(two()).await?.into_inner();
    while let Some(greeting) = greetings.message().await? {
        texts.push(greeting.text);
    }
    Ok(texts)
}

async fn call_with_tonic(target: &str) -> Result<Vec<String>, Error> {
    let mut client = TonicClient::connect(target.to_owned()).await?;
    let response = client.greet(one()).await?;
    let mut texts = vec![response.into_inner().text];
    let mut greetings = client.greet_repeatedly(two()).await?.into_inner();
    while let Some(greeting) = greetings.message().await? {
        texts.push(greeting.text);
    }
    Ok(texts)
}

fn one() -> GreetRequest {
    GreetRequest {
        name: "Ada".to_owned(),
    }
}

fn two() -> GreetRepeatedlyRequest {
    GreetRepeatedlyRequest {
        name: "Ada".to_owned(),
        times: 2,
    }
}
