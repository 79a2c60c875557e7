use meshrpc::{Code, Server, testing};

use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, note};

fn serve() -> testing::TestServer {
    testing::serve(Server::builder().add_service(EchoServiceServer::new(Echo))).unwrap()
}

#[tokio::test]
async fn all_kinds_of_call_cross_a_pipe() {
    let server = serve();
    let client = EchoServiceClient::new(server.channel());
    let large = "x".repeat(3 * 1024 * 1024);
    assert!(client.say(note(&large)).await.unwrap().get_ref().text == large);

    let mut notes = client.count(meshrpc_note(3)).await.unwrap().into_inner();
    let mut count = 0;
    while notes.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);

    let (mut sender, reply) = client.chat().start();
    sender.send(note("turn")).await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "turn");
    sender.finish().await.unwrap();
    assert!(notes.message().await.unwrap().is_none());
    drop(notes);
    server.shutdown().await;
}

fn meshrpc_note(number: i32) -> crate::support::Note {
    crate::support::Note {
        text: "n".to_owned(),
        number,
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_pipe_fails_its_calls_and_the_next_one_connects_again() {
    let server = serve();
    let client = EchoServiceClient::new(server.channel());
    let mut notes = client
        .count(crate::support::Note {
            text: "hang".to_owned(),
            number: 1,
        })
        .await
        .unwrap()
        .into_inner();
    notes.message().await.unwrap().unwrap();
    server.disconnect();
    let status = notes.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(
        status.message().contains("the test cut the pipe"),
        "{status:?}"
    );
    client.say(note("again")).await.unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_says_so_at_once() {
    let service = || EchoServiceServer::new(Echo);
    let twice = Server::builder()
        .add_service(service())
        .add_service(service());
    assert!(testing::serve(twice).is_err());
}
