//! Failures: a code for programs, a text for people, and details for programs that want to know
//! more.

use std::time::Duration;

use meshrpc::{Code, StatusExt};
use meshrpc_examples::contracts::greeter::v1::greeter_service::GreeterServiceClient;
use meshrpc_examples::contracts::greeter::v1::{GreetAllRequest, GreetRequest};
use meshrpc_examples::{Error, start};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = start().await?;
    let client = GreeterServiceClient::connect(format!("http://{address}")).await?;
    details(&client).await?;
    deadline(&client).await?;
    the_other_side_is_gone().await
}

/// Typed details, in the messages of `google.rpc` that all of gRPC knows.
async fn details(client: &GreeterServiceClient) -> Result<(), Error> {
    let refused = client
        .greet(GreetRequest {
            name: String::new(),
        })
        .await;
    let status = refused.err().ok_or("an empty name was greeted")?;
    println!("{:?}: {}", status.code(), status.message());
    for wrong in status
        .error_details()
        .bad_request()
        .unwrap_or_default()
        .field_violations
    {
        println!("  {} {}", wrong.field, wrong.description);
    }
    Ok(())
}

/// A deadline holds for the whole call, streams included, on both sides.
async fn deadline(client: &GreeterServiceClient) -> Result<(), Error> {
    let call = client.greet_all().timeout(Duration::from_millis(50));
    let (mut people, reply) = call.start();
    people
        .send(GreetAllRequest {
            name: "Ada".to_owned(),
        })
        .await?;
    // The server waits for more people, who never come.
    match reply.await {
        Err(status) if status.code() == Code::DeadlineExceeded => println!("waited long enough"),
        other => return Err(format!("expected a passed deadline, got {other:?}").into()),
    }
    // What is sent after the end learns how the call ended, not just that it did.
    match people
        .send(GreetAllRequest {
            name: "Grace".to_owned(),
        })
        .await
    {
        Err(status) if status.code() == Code::DeadlineExceeded => println!("nobody is listening"),
        other => return Err(format!("expected the end of the call, got {other:?}").into()),
    }
    Ok(())
}

/// Nobody listens there. `connect_lazy` is for services that may come later; its calls fail as
/// long as they have not.
async fn the_other_side_is_gone() -> Result<(), Error> {
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        listener.local_addr()?
    };
    let client = GreeterServiceClient::connect_lazy(format!("http://{gone}"))?;
    let name = "anybody".to_owned();
    match client.greet(GreetRequest { name }).await {
        Err(status) if status.code() == Code::Unavailable => println!("nobody is there"),
        other => return Err(format!("expected nobody, got {other:?}").into()),
    }
    Ok(())
}
