//! The four kinds of call.

use std::time::Duration;

use meshrpc::{Code, Request, ResponseExt, StatusExt};

use crate::support::{Note, echo, note};

#[tokio::test]
async fn a_unary_call_is_answered() {
    let (_server, client) = echo().await;
    let response = client.say(note("hello")).await.unwrap();
    assert_eq!(response.get_ref().text, "hello");
}

#[tokio::test]
async fn headers_and_trailers_of_a_success_stay_apart() {
    let (_server, client) = echo().await;
    let response = client.say(note("x")).metadata("x-key", "v").await.unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "v");
    assert!(response.metadata().get("x-trailing").is_none());
    assert_eq!(response.trailers().get("x-trailing").unwrap(), "v");
    assert!(response.trailers().get("x-initial").is_none());
}

#[tokio::test]
async fn an_error_keeps_code_and_message() {
    let (_server, client) = echo().await;
    let status = client.say(note("fail")).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.message(), "asked to fail: ☺ 100%");
}

#[tokio::test]
async fn a_server_stream_arrives_whole_and_in_order() {
    let (_server, client) = echo().await;
    let request = Note {
        text: "n".into(),
        number: 10_000,
    };
    let response = client.count(request).await.unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "count");
    let mut notes = response.into_inner();
    let mut next = 0;
    while let Some(note) = notes.message().await.unwrap() {
        assert_eq!(note.number, next);
        next += 1;
    }
    assert_eq!(next, 10_000);
    assert_eq!(notes.trailers().unwrap().get("x-trailing").unwrap(), "done");
}

#[tokio::test]
async fn an_error_after_messages_carries_the_trailers() {
    let (_server, client) = echo().await;
    let request = Note {
        text: "fail".into(),
        number: 3,
    };
    let mut notes = client.count(request).await.unwrap().into_inner();
    for _ in 0..3 {
        notes.message().await.unwrap().unwrap();
    }
    let status = notes.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(status.metadata().get("x-trailing").unwrap(), "done");
}

#[tokio::test]
async fn a_client_stream_is_collected() {
    let (_server, client) = echo().await;
    let (mut sender, reply) = client.collect().start();
    for text in ["a", "b", "c"] {
        sender.send(note(text)).await.unwrap();
    }
    sender.finish().await.unwrap();
    let all = reply.await.unwrap().into_inner();
    assert_eq!((all.text.as_str(), all.number), ("abc", 3));
}

#[tokio::test]
async fn send_all_takes_a_stream_of_messages_or_results() {
    let (_server, client) = echo().await;
    let messages = tokio_stream::iter((0..1_000).map(|_| note("x")));
    let all = client.collect().send_all(messages).await.unwrap();
    assert_eq!(all.get_ref().number, 1_000);

    let results = tokio_stream::iter([Ok(note("x")), Err(meshrpc::Status::data_loss("mine"))]);
    let status = client.collect().send_all(results).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DataLoss, "mine"));
}

#[tokio::test]
async fn dropping_an_unfinished_sender_cancels_the_call() {
    let (_server, client) = echo().await;
    let (mut sender, reply) = client.collect().start();
    sender.send(note("half")).await.unwrap();
    drop(sender);
    assert_eq!(reply.await.unwrap_err().code(), Code::Cancelled);
}

#[tokio::test]
async fn send_after_the_end_says_how_the_call_ended() {
    let (_server, client) = echo().await;
    let (mut sender, reply) = client.collect().start();
    sender.send(note("stop")).await.unwrap();
    assert_eq!(reply.await.unwrap_err().code(), Code::OutOfRange);
    let status = sender.send(note("more")).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
}

#[tokio::test]
async fn a_bidirectional_call_talks_in_turns() {
    let (_server, client) = echo().await;
    let (mut sender, reply) = client.chat().start();
    sender.send(note("first")).await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "first");
    for turn in 0..100 {
        sender.send(note(&turn.to_string())).await.unwrap();
        assert_eq!(
            notes.message().await.unwrap().unwrap().text,
            turn.to_string()
        );
    }
    sender.finish().await.unwrap();
    assert!(notes.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_large_message_crosses_in_both_directions() {
    let (_server, client) = echo().await;
    let text = "x".repeat(3 * 1024 * 1024);
    let response = client.say(note(&text)).await.unwrap();
    assert_eq!(response.get_ref().text.len(), text.len());
}

#[tokio::test]
async fn a_message_over_the_limit_names_side_limit_and_option() {
    let (_server, client) = echo().await;
    let status = client
        .say(note(&"x".repeat(5 * 1024 * 1024)))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    for word in ["server", "4194304", "max_receive_message_size"] {
        assert!(status.message().contains(word), "{status:?} lacks {word}");
    }
}

#[tokio::test]
async fn the_deadline_reaches_the_handler_and_ends_the_call() {
    let (_server, client) = echo().await;
    let response = client
        .say(note("deadline"))
        .timeout(Duration::from_secs(30))
        .await
        .unwrap();
    assert!(
        (20_000..=30_000).contains(&response.get_ref().number),
        "{response:?}"
    );

    let status = client
        .say(note("sleep"))
        .timeout(Duration::from_millis(50))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn tonics_own_timeout_on_a_request_is_honoured() {
    let (_server, client) = echo().await;
    let mut request = Request::new(note("sleep"));
    request.set_timeout(Duration::from_millis(50));
    let status = client.say(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let (_server, client) = echo().await;
    let request = Note {
        text: "hang".into(),
        number: 2,
    };
    let call = client.count(request).timeout(Duration::from_millis(100));
    let mut notes = call.await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    notes.message().await.unwrap().unwrap();
    assert_eq!(
        notes.message().await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
}

#[tokio::test]
async fn a_panic_ends_its_call_and_nothing_else() {
    let (_server, client) = echo().await;
    let sleeping = tokio::spawn(
        client
            .say(note("sleep"))
            .timeout(Duration::from_millis(300)),
    );
    let status = client.say(note("panic")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    let reason = status.error_details().error_info().unwrap().reason;
    assert_eq!(reason, "HANDLER_PANICKED");
    let request = Note {
        text: "panic".into(),
        number: 1,
    };
    let mut notes = client.count(request).await.unwrap().into_inner();
    notes.message().await.unwrap();
    assert_eq!(notes.message().await.unwrap_err().code(), Code::Unknown);
    assert_eq!(
        sleeping.await.unwrap().unwrap_err().code(),
        Code::DeadlineExceeded
    );
    client.say(note("alive")).await.unwrap();
}

#[tokio::test]
async fn invalid_metadata_is_reported_at_the_await_by_its_key() {
    let (_server, client) = echo().await;
    let status = client
        .say(note("x"))
        .metadata("Bad Key", "v")
        .await
        .unwrap_err();
    assert!(status.message().contains("Bad Key"), "{status:?}");
}

#[tokio::test]
async fn a_receiver_can_be_had_without_the_servers_headers() {
    let (_server, client) = echo().await;
    let (mut sender, reply) = client.chat().start();
    let mut notes = reply.into_receiver();
    sender.send(note("first")).await.unwrap();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "first");
    sender.send(note("quit")).await.unwrap();
    let status = notes.message().await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(notes.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_handlers_early_return_does_not_lose_messages_that_must_not_be_compressed() {
    struct Marked;
    impl crate::support::echo_service::EchoService for Marked {
        async fn say(&self, _: Request<Note>) -> Result<meshrpc::Response<Note>, meshrpc::Status> {
            Err(meshrpc::Status::unimplemented(""))
        }
        async fn count(
            &self,
            _: Request<Note>,
            out: &mut meshrpc::Sender<Note>,
        ) -> Result<(), meshrpc::Status> {
            out.compress_next(false);
            for number in 0..4 {
                let text = "x".repeat(5_000);
                out.send(Note { text, number }).await?;
            }
            Ok(())
        }
        async fn collect(
            &self,
            _: Request<meshrpc::Receiver<Note>>,
        ) -> Result<meshrpc::Response<Note>, meshrpc::Status> {
            Err(meshrpc::Status::unimplemented(""))
        }
        async fn chat(
            &self,
            _: Request<meshrpc::Receiver<Note>>,
            _: &mut meshrpc::Sender<Note>,
        ) -> Result<(), meshrpc::Status> {
            Err(meshrpc::Status::unimplemented(""))
        }
    }
    use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
    let server =
        crate::support::serve_with(|s| s.add_service(EchoServiceServer::new(Marked))).await;
    let channel = meshrpc::Channel::connect(&server.target).await.unwrap();
    let client = EchoServiceClient::new(channel);
    let mut notes = client.count(note("")).await.unwrap().into_inner();
    let mut numbers = Vec::new();
    while let Some(note) = notes.message().await.unwrap() {
        numbers.push(note.number);
    }
    assert_eq!(numbers, [0, 1, 2, 3]);
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_service_compresses_but_for_responses_that_ask_not_to() {
    use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
    use meshrpc::codec::{Compressed, Encoding};

    let service = EchoServiceServer::new(crate::support::Echo).send_compressed(Encoding::Gzip);
    let server = crate::support::serve_with(|server| server.add_service(service)).await;
    let channel = meshrpc::Channel::connect(&server.target).await.unwrap();
    let client = EchoServiceClient::new(channel);
    for (start, compressed) in [("plain ", true), ("uncompressed ", false)] {
        let text = start.to_owned() + &"x".repeat(10_000);
        let response = client.say(note(&text)).await.unwrap();
        let arrived = response.extensions().get::<Compressed>().is_some();
        assert_eq!(arrived, compressed, "{start}");
    }
}

#[tokio::test]
async fn an_option_that_comes_after_the_start_ends_the_call_by_name() {
    use std::task::{Context, Waker};
    let (_server, client) = echo().await;
    let mut cx = Context::from_waker(Waker::noop());
    let late = Duration::from_secs(1);

    let mut call = client.say(note("sleep"));
    assert!(Future::poll(std::pin::Pin::new(&mut call), &mut cx).is_pending());
    let status = call.timeout(late).await.unwrap_err();
    assert!(status.message().contains("already started"), "{status:?}");

    let mut call = client.count(note("sleep"));
    assert!(Future::poll(std::pin::Pin::new(&mut call), &mut cx).is_pending());
    let status = call.timeout(late).await.unwrap_err();
    assert!(status.message().contains("already started"), "{status:?}");
}
