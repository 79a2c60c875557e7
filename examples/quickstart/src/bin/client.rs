//! Calls `hello.v1.HelloService`.

use std::time::Duration;

use quickstart::contracts::hello::v1::SayHelloRequest;
use quickstart::contracts::hello::v1::hello_service::HelloServiceClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:50051".to_owned());
    let client = HelloServiceClient::connect(format!("http://{address}")).await?;
    let name = "world".to_owned();
    let response = client
        .say_hello(SayHelloRequest { name })
        .timeout(Duration::from_secs(2))
        .await?;
    println!("{}", response.into_inner().text);
    Ok(())
}
