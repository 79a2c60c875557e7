//! Reaching a server, and not reaching it.

use std::time::Duration;

use meshrpc::{Channel, Code, Event, EventSink, Server};
use tokio::net::TcpListener;

use super::raw;
use crate::support::echo_service::{EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, note, serve, serve_on};

/// An address that nobody listens on.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn a_refused_connection_names_target_address_cause_and_remedy() {
    let address = nobody().await;
    let target = format!("http://{address}");
    let wanted = format!("can't connect to {target}: {address}: Connection refused (os error");
    let remedy = "is the server running";

    let error = Channel::connect(&target).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&wanted) && text.contains(remedy), "{text}");
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    let mut found = false;
    while let Some(error) = source {
        found |= error.is::<std::io::Error>();
        source = error.source();
    }
    assert!(found, "the operating system's error is lost in {error:?}");

    let client = EchoServiceClient::connect_lazy(&target).unwrap();
    let status = client.say(note("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let text = status.message();
    assert!(
        text.starts_with(&format!("client: {wanted}")) && text.contains(remedy),
        "{text}"
    );
}

#[tokio::test]
async fn while_a_server_is_known_to_be_away_calls_fail_at_once() {
    let target = format!("http://{}", nobody().await);
    let client = EchoServiceClient::connect_lazy(&target).unwrap();
    client.say(note("x")).await.unwrap_err();
    let before = std::time::Instant::now();
    for _ in 0..100 {
        let status = client.say(note("x")).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
    assert!(before.elapsed() < Duration::from_secs(2), "calls waited");
}

#[tokio::test]
async fn a_call_may_wait_for_a_server_that_comes_later() {
    let address = nobody().await;
    let client = EchoServiceClient::connect_lazy(format!("http://{address}")).unwrap();
    client.say(note("x")).await.unwrap_err();
    let waiting = tokio::spawn(client.say(note("patient")).wait_for_ready());
    let server = Server::builder().add_service(EchoServiceServer::new(Echo));
    let server = tokio::spawn(async move { server.serve(address.as_str()).await });
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(answer.get_ref().text, "patient");
    server.abort();
}

#[tokio::test]
async fn waiting_ends_at_the_deadline_and_says_for_what_it_waited() {
    let address = nobody().await;
    let client = EchoServiceClient::connect_lazy(format!("http://{address}")).unwrap();
    let call = client.say(note("x")).wait_for_ready();
    let status = call.timeout(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    for word in ["waited for a connection", address.as_str(), "refused"] {
        assert!(status.message().contains(word), "{status:?}");
    }
}

#[tokio::test]
async fn an_idle_channel_survives_a_restart_of_its_server() {
    let server = serve().await;
    let client = EchoServiceClient::connect(&server.target).await.unwrap();
    client.say(note("before")).await.unwrap();
    let address = server.target.trim_start_matches("http://").to_owned();
    server.shutdown().await;
    for round in ["first", "second"] {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let builder = Server::builder().add_service(EchoServiceServer::new(Echo));
        let listener = TcpListener::bind(&address).await.unwrap();
        let running = tokio::spawn(builder.serve_listener_with_shutdown(listener, async {
            let _ = stopped.await;
        }));
        let answer = client.say(note(round)).wait_for_ready().await.unwrap();
        assert_eq!(answer.get_ref().text, round);
        drop(stop);
        running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn no_call_is_lost_while_servers_take_turns() {
    let first = serve().await;
    let address = first.target.trim_start_matches("http://").to_owned();
    let client = EchoServiceClient::connect(&first.target).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (client, stopped) = (client.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut calls = 0;
                while !*stopped.borrow() {
                    client.say(note("x")).wait_for_ready().await.unwrap();
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let mut running = Some(first);
    for _ in 0..5 {
        for _ in 0..50 {
            client.say(note("x")).wait_for_ready().await.unwrap();
        }
        running.take().unwrap().shutdown().await;
        let listener = TcpListener::bind(&address).await.unwrap();
        running = Some(serve_on(listener));
    }
    stop.send(true).unwrap();
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn a_name_is_resolved_and_all_its_addresses_are_tried() {
    // `localhost` may have an address of each family; the server listens on one.
    let (listener, target) = raw::listen().await;
    let port = target.rsplit(':').next().unwrap().to_owned();
    tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        raw::serve(&mut connection).await;
    });
    let client = EchoServiceClient::connect(format!("dns:///localhost:{port}"));
    client.await.unwrap().say(note("x")).await.unwrap();
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_named() {
    let error = Channel::connect("dns:///no-such-host.invalid:80").await;
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("no-such-host.invalid:80 can't be resolved"),
        "{text}"
    );
}

#[tokio::test]
async fn dropping_the_channel_ends_its_connection() {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        raw::serve(&mut connection).await
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    client.say(note("x")).await.unwrap();
    drop(client);
    assert_eq!(server.await.unwrap(), 1);
}

#[test]
fn a_channel_outlives_the_runtime_that_it_was_first_used_in() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let serving = runtime();
    let server = serving.block_on(serve());
    let _serving = std::thread::spawn(move || serving.block_on(std::future::pending::<()>()));
    let client = EchoServiceClient::connect_lazy(&server.target).unwrap();
    for _ in 0..2 {
        runtime().block_on(async {
            client.say(note("x")).await.unwrap();
        });
    }
}

#[tokio::test]
async fn a_sink_hears_of_each_connection_when_it_opens_and_when_it_is_gone() {
    struct Heard(tokio::sync::mpsc::UnboundedSender<&'static str>);
    impl EventSink for Heard {
        fn event(&self, event: &Event<'_>) {
            let _ = match event {
                Event::ConnectionOpened { peer, .. } if peer.is_some() => self.0.send("opened"),
                Event::ConnectionClosed { peer, .. } if peer.is_some() => self.0.send("closed"),
                _ => Ok(()),
            };
        }
    }
    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let server = serve().await;
    let builder = Channel::builder(&server.target).events(Heard(tell));
    let client = EchoServiceClient::new(builder.connect().await.unwrap());
    assert_eq!(heard.recv().await, Some("opened"));
    let address = server.target.trim_start_matches("http://").to_owned();
    server.shutdown().await;
    assert_eq!(heard.recv().await, Some("closed"));
    let _server = serve_on(TcpListener::bind(&address).await.unwrap());
    client.say(note("x")).wait_for_ready().await.unwrap();
    assert_eq!(heard.recv().await, Some("opened"));
    // The last one is gone with its channel.
    drop(client);
    assert_eq!(heard.recv().await, Some("closed"));
    assert_eq!(heard.recv().await, None);
}
