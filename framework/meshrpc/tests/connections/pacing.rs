//! When connections are tried. Time is paused and the network in memory.

use std::time::Duration;

use meshrpc::{Channel, Code, Limits};
use tokio::time::Instant;

use super::pipes::{Answer, Network};
use crate::support::{echo_service::EchoServiceClient, note};

fn lazy(network: &Network, target: &str) -> EchoServiceClient {
    let builder = Channel::builder(target).connector(network.clone());
    EchoServiceClient::new(builder.connect_lazy().unwrap())
}

/// The pauses between the attempts.
fn pauses(network: &Network) -> Vec<f64> {
    let attempts = network.attempts();
    let pairs = attempts.windows(2);
    pairs
        .map(|pair| (pair[1].0 - pair[0].0).as_secs_f64())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn pauses_between_attempts_grow_to_ten_seconds_with_jitter() {
    let network = Network::new([Answer::Refuse]);
    let client = lazy(&network, "passthrough:orders");
    let call = client.say(note("x")).wait_for_ready();
    let status = call.timeout(Duration::from_secs(120)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    for word in ["passthrough:orders", "refused by the test"] {
        assert!(status.message().contains(word), "{status:?}");
    }
    let mut middle = 0.1;
    let pauses = pauses(&network);
    assert!(pauses.len() > 12, "{pauses:?}");
    for pause in &pauses {
        let range = middle * 0.79..=middle * 1.21 + 0.002;
        assert!(
            range.contains(pause),
            "{pause} is not near {middle} in {pauses:?}"
        );
        middle = f64::min(middle * 1.6, 10.0);
    }
    let exact = pauses.iter().filter(|pause| (**pause - 10.0).abs() < 0.01);
    assert!(exact.count() < pauses.len() / 2, "no jitter in {pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_success_starts_the_pauses_over() {
    let answers = [Answer::Refuse; 6].into_iter().chain([Answer::Serve]);
    let network = Network::new(answers);
    let client = lazy(&network, "passthrough:orders");
    client.say(note("x")).wait_for_ready().await.unwrap();
    assert_eq!(network.attempts().len(), 7);
    // Idle for so long, the connection is given up; the next one is refused at first.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let before = Instant::now();
    client.say(note("x")).await.unwrap();
    assert_eq!(network.attempts().len(), 8, "the idle connection was kept");
    assert!(before.elapsed() < Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_use_is_not_idle() {
    let network = Network::new([Answer::Serve]);
    let client = lazy(&network, "passthrough:orders");
    let (mut sender, reply) = client.chat().start();
    sender.send(note("half")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    sender.finish().await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    assert_eq!(notes.message().await.unwrap().unwrap().text, "half");
    client.say(note("x")).await.unwrap();
    assert_eq!(network.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_address_is_given_up_after_the_connect_timeout() {
    let network = Network::new([Answer::Hang]);
    let before = Instant::now();
    let builder = Channel::builder("passthrough:orders").connector(network);
    let error = builder.connect().await.unwrap_err().to_string();
    assert!(
        error.contains("no connection within 5s (Limits::connect_timeout)"),
        "{error}"
    );
    assert_eq!(before.elapsed().as_secs(), 5);

    // A server that accepts and says nothing has not connected either.
    let (listener, target) = super::raw::listen().await;
    tokio::time::resume();
    let limit = Duration::from_millis(50);
    let error = Channel::builder(&target)
        .connect_timeout(limit)
        .connect()
        .await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no connection within 50ms"), "{error}");
    drop(listener);
}

#[tokio::test(start_paused = true)]
async fn a_second_address_is_tried_beside_a_slow_first_one() {
    let network = Network::new([Answer::Hang, Answer::Serve]);
    let client = lazy(&network, "ipv4:10.0.0.1:1,10.0.0.2:1");
    let before = Instant::now();
    client.say(note("x")).await.unwrap();
    let waited = before.elapsed();
    let delay = Duration::from_millis(250);
    assert!(waited >= delay && waited < delay * 2, "{waited:?}");
    let attempts: Vec<_> = network.attempts().into_iter().map(|(_, to)| to).collect();
    assert_eq!(attempts, ["10.0.0.1:1", "10.0.0.2:1"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_address_is_tried_at_once_when_the_first_refuses() {
    let network = Network::new([Answer::Refuse, Answer::Serve]);
    let client = lazy(&network, "ipv4:10.0.0.1:1,10.0.0.2:1");
    let before = Instant::now();
    client.say(note("x")).await.unwrap();
    assert!(before.elapsed() < Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_up_at_once_is_not_dialled_in_a_loop() {
    let network = Network::new([Answer::HangUp]);
    let client = lazy(&network, "passthrough:orders");
    let before = Instant::now();
    while before.elapsed() < Duration::from_secs(60) && network.attempts().len() < 1_000 {
        client.say(note("x")).wait_for_ready().await.unwrap_err();
    }
    let attempts = network.attempts().len();
    assert!(attempts < 30, "{attempts} attempts in a minute");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_calls_wait_for_a_connection() {
    let mut limits = Limits::default();
    limits.max_queued_calls = 2;
    let builder = Channel::builder("passthrough:orders")
        .connector(Network::new([Answer::Hang]))
        .limits(limits);
    let client = EchoServiceClient::new(builder.connect_lazy().unwrap());
    let waiting = [1, 2].map(|_| tokio::spawn(client.say(note("x"))));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let status = client.say(note("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    for word in ["2 calls", "passthrough:orders", "max_queued_calls"] {
        assert!(status.message().contains(word), "{status:?}");
    }
    // A call that gives up makes room.
    let [first, _second] = waiting;
    first.abort();
    let _ = first.await;
    let call = client.say(note("x")).timeout(Duration::from_millis(10));
    assert_eq!(call.await.unwrap_err().code(), Code::DeadlineExceeded);
}
