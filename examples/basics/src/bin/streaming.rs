//! The three kinds of stream.

use meshrpc_examples::contracts::greeter::v1::greeter_service::GreeterServiceClient;
use meshrpc_examples::contracts::greeter::v1::{
    GreetAllRequest, GreetEachRequest, GreetRepeatedlyRequest,
};
use meshrpc_examples::{Error, start};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = start().await?;
    let client = GreeterServiceClient::connect(format!("http://{address}")).await?;
    server_streaming(&client).await?;
    client_streaming(&client).await?;
    both_ways(&client).await?;
    walking_away(&client).await
}

/// One request, many responses.
async fn server_streaming(client: &GreeterServiceClient) -> Result<(), Error> {
    let request = GreetRepeatedlyRequest {
        name: "Ada".to_owned(),
        times: 3,
    };
    let mut greetings = client.greet_repeatedly(request).await?.into_inner();
    while let Some(greeting) = greetings.message().await? {
        println!("{}", greeting.text);
    }
    Ok(())
}

/// Many requests, one response. `reply` is a future of its own, so that both sides can be used
/// at once.
async fn client_streaming(client: &GreeterServiceClient) -> Result<(), Error> {
    let (mut people, reply) = client.greet_all().start();
    for name in ["Ada", "Grace"] {
        people
            .send(GreetAllRequest {
                name: name.to_owned(),
            })
            .await?;
    }
    // Says that this was all. A sender that is dropped instead cancels the call, so that an
    // early `?` never looks like a complete stream.
    people.finish().await?;
    println!("{}", reply.await?.into_inner().text);
    Ok(())
}

/// Both at once, in any order that the two sides agree on.
async fn both_ways(client: &GreeterServiceClient) -> Result<(), Error> {
    let (mut people, reply) = client.greet_each().start();
    // Nobody waits for anything so far. This server answers people when they come, its headers
    // included: so say something before you wait for the reply.
    people
        .send(GreetEachRequest {
            name: "Edsger".to_owned(),
        })
        .await?;
    let mut greetings = reply.await?.into_inner();
    let first = greetings.message().await?.ok_or("no greeting")?;
    println!("{}", first.text);

    people
        .send(GreetEachRequest {
            name: "Barbara".to_owned(),
        })
        .await?;
    let second = greetings.message().await?.ok_or("no greeting")?;
    println!("{}", second.text);

    people.finish().await?;
    while greetings.message().await?.is_some() {}
    let greeted = greetings
        .trailers()
        .and_then(|trailers| trailers.get("greeted"));
    println!("greeted: {}", greeted.ok_or("no count")?.to_str()?);
    Ok(())
}

/// A receiver that is dropped cancels the call: the server stops, however much it had to say.
async fn walking_away(client: &GreeterServiceClient) -> Result<(), Error> {
    let request = GreetRepeatedlyRequest {
        name: "Alan".to_owned(),
        times: i32::MAX,
    };
    let mut greetings = client.greet_repeatedly(request).await?.into_inner();
    let first = greetings.message().await?.ok_or("an empty stream")?;
    println!("{} (and no more of that)", first.text);
    Ok(())
}
