//! One call: a message out, a message or a status back.

use std::time::Duration;

use meshrpc::Code;
use meshrpc_examples::contracts::greeter::v1::GreetRequest;
use meshrpc_examples::contracts::greeter::v1::greeter_service::GreeterServiceClient;
use meshrpc_examples::{Error, start};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = start().await?;

    // A client is cheap to clone; its clones share one channel, and calls take `&self`.
    let client = GreeterServiceClient::connect(format!("http://{address}")).await?;

    // A call is a future. What belongs to this one call is said at the call.
    let response = client
        .greet(GreetRequest {
            name: "world".to_owned(),
        })
        .timeout(Duration::from_secs(2))
        .metadata("x-tour", "hello")
        .await?;
    println!("{}", response.into_inner().text);

    // A failure is a status: a code for programs and a text for people.
    match client
        .greet(GreetRequest {
            name: String::new(),
        })
        .await
    {
        Err(status) if status.code() == Code::InvalidArgument => {
            println!("refused: {}", status.message());
        }
        other => return Err(format!("expected to be refused, got {other:?}").into()),
    }
    Ok(())
}
