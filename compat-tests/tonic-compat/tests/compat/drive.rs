//! What a client must be able to do, whatever carries its calls: all four kinds, metadata,
//! trailers, errors. Once for tonic's client and once for ours.

use std::time::Duration;

use meshrpc::{Code, ResponseExt, Status, StatusExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic_compat::contracts::compat::v1 as our;
use tonic_compat::contracts::compat::v1::echo_service::EchoServiceClient as OurClient;
use tonic_compat::tonic_contracts as their;
use tonic_compat::tonic_contracts::echo_service_client::EchoServiceClient as TheirClient;

/// Longer than a frame, shorter than a message may be.
const LONG: usize = 300_000;

fn check_failure(status: &Status) {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
    assert_eq!(status.message(), "asked to fail: ☺ 100%");
    let trailer = status.metadata().get("x-trailing").expect("the trailer");
    assert_eq!(trailer, "of the failure");
    let details = status.error_details();
    assert_eq!(details.error_info().expect("the detail").reason, "ASKED");
}

/// tonic's client over any transport. `trailers` is whether the service sends trailers with a
/// success, which tonic's own services can't.
pub(crate) async fn their_client<T>(mut client: TheirClient<T>, trailers: bool)
where
    T: tonic::client::GrpcService<tonic::body::Body>,
    T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    T::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <T::ResponseBody as http_body::Body>::Error:
        Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let say = |text: &str, times| their::SayRequest {
        text: text.to_owned(),
        times,
    };

    // Unary, with metadata both ways.
    let mut request = tonic::Request::new(say("hello", 0));
    let key = "value".parse().unwrap();
    request.metadata_mut().insert("x-key", key);
    let bin = tonic::metadata::MetadataValue::from_bytes(&[0, 255, 7]);
    request.metadata_mut().insert_bin("x-bin", bin);
    let response = client.say(request).await.unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "value");
    let back = response.metadata().get_bin("x-back-bin").unwrap();
    assert_eq!(back.to_bytes().unwrap(), [0, 255, 7][..]);
    if trailers {
        // tonic's client puts the trailers of a unary call among its headers.
        assert_eq!(response.metadata().get("x-trailing").unwrap(), "value");
    }
    assert_eq!(response.get_ref().text, "hello");
    check_failure(&client.say(say("fail", 0)).await.unwrap_err());
    let long = client.say(say(&"x".repeat(LONG), 0)).await.unwrap();
    assert_eq!(long.get_ref().text.len(), LONG);

    // A deadline of the client's.
    let mut request = tonic::Request::new(say("wait", 0));
    request.set_timeout(Duration::from_millis(100));
    let status = client.say(request).await.unwrap_err();
    assert!(
        matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled),
        "{status}"
    );

    // Server streaming.
    let response = client.count(say("n", 1_000)).await.unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "count");
    let mut said = response.into_inner();
    for number in 0..1_000 {
        assert_eq!(said.message().await.unwrap().unwrap().number, number);
    }
    assert_eq!(said.message().await.unwrap(), None);
    if trailers {
        let end = said.trailers().await.unwrap().unwrap();
        assert_eq!(end.get("x-trailing").unwrap(), "done");
    }
    let mut said = client.count(say("fail", 3)).await.unwrap().into_inner();
    for _ in 0..3 {
        said.message().await.unwrap().unwrap();
    }
    check_failure(&said.message().await.unwrap_err());
    let said = client.count(say("fail", 0)).await;
    let status = match said {
        Err(status) => status,
        Ok(said) => said.into_inner().message().await.unwrap_err(),
    };
    check_failure(&status);

    // Client streaming.
    let all = tokio_stream::iter(["a", "b", "c"].map(|text| say(text, 0)));
    let response = client.collect(all).await.unwrap().into_inner();
    assert_eq!((response.text.as_str(), response.number), ("abc", 3));
    let all = tokio_stream::iter(["a", "fail"].map(|text| say(text, 0)));
    check_failure(&client.collect(all).await.unwrap_err());

    // Bidirectional: the next is sent when the one before has come back.
    let (send, requests) = mpsc::channel(1);
    send.send(say("0", 0)).await.unwrap();
    let requests = ReceiverStream::new(requests);
    let mut said = client.chat(requests).await.unwrap().into_inner();
    for number in 0..10 {
        let message = said.message().await.unwrap().unwrap();
        assert_eq!(message.text, number.to_string());
        send.send(say(&(number + 1).to_string(), 0)).await.unwrap();
    }
    said.message().await.unwrap().unwrap();
    send.send(say("fail", 0)).await.unwrap();
    check_failure(&said.message().await.unwrap_err());
}

/// Our client.
pub(crate) async fn our_client(client: &OurClient, trailers: bool) {
    let say = |text: &str, times| our::SayRequest {
        text: text.to_owned(),
        times,
    };

    let response = client
        .say(say("hello", 0))
        .metadata("x-key", "value")
        .metadata_bin("x-bin", [0, 255, 7])
        .await
        .unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "value");
    let back = response.metadata().get_bin("x-back-bin").unwrap();
    assert_eq!(back.to_bytes().unwrap(), [0, 255, 7][..]);
    if trailers {
        assert_eq!(response.trailers().get("x-trailing").unwrap(), "value");
    }
    assert_eq!(response.get_ref().text, "hello");
    check_failure(&client.say(say("fail", 0)).await.unwrap_err());
    let long = client.say(say(&"x".repeat(LONG), 0)).await.unwrap();
    assert_eq!(long.get_ref().text.len(), LONG);

    let call = client.say(say("wait", 0));
    let status = call.timeout(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");

    let response = client.count(say("n", 1_000)).await.unwrap();
    assert_eq!(response.metadata().get("x-initial").unwrap(), "count");
    let mut said = response.into_inner();
    for number in 0..1_000 {
        assert_eq!(said.message().await.unwrap().unwrap().number, number);
    }
    assert_eq!(said.message().await.unwrap(), None);
    if trailers {
        let end = said.trailers().unwrap();
        assert_eq!(end.get("x-trailing").unwrap(), "done");
    }
    let mut said = client.count(say("fail", 3)).await.unwrap().into_inner();
    for _ in 0..3 {
        said.message().await.unwrap().unwrap();
    }
    check_failure(&said.message().await.unwrap_err());

    let all = tokio_stream::iter(["a", "b", "c"].map(|text| say(text, 0)));
    let response = client.collect().send_all(all).await.unwrap().into_inner();
    assert_eq!((response.text.as_str(), response.number), ("abc", 3));
    let all = tokio_stream::iter(["a", "fail"].map(|text| say(text, 0)));
    check_failure(&client.collect().send_all(all).await.unwrap_err());

    let (mut send, reply) = client.chat().start();
    send.send(say("0", 0)).await.unwrap();
    let mut said = reply.await.unwrap().into_inner();
    for number in 0..10 {
        let message = said.message().await.unwrap().unwrap();
        assert_eq!(message.text, number.to_string());
        send.send(say(&(number + 1).to_string(), 0)).await.unwrap();
    }
    said.message().await.unwrap().unwrap();
    send.send(say("fail", 0)).await.unwrap();
    check_failure(&said.message().await.unwrap_err());
}
