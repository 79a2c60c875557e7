//! Metadata of requests, as it comes from a client and as ours sends it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use meshrpc::metadata::{MetadataMap, MetadataValue};
use meshrpc::{Code, Request};

use super::answerer::{client_of, read_all};
use super::caller::{Caller, serve};
use super::head::{Head, SAY, framed_note};
use super::response_table::Kind;
use crate::support::say::Say;
use crate::support::{Note, note};

/// What a handler sees of a request with this head.
async fn seen(head: Head) -> MetadataMap {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let server = serve(Say(move |request: Request<Note>| {
        *keep.lock().unwrap() = Some(request.metadata().clone());
        Ok(request.into_inner())
    }));
    let caller = Caller::connect(&server).await;
    let answer = caller.call(&head, &[framed_note("x")]).await.answer();
    assert_eq!(answer.grpc_status(), Some(0), "{answer:?}");
    let seen = seen.lock().unwrap().take();
    seen.expect("the handler ran")
}

fn binaries(metadata: &MetadataMap, name: &str) -> Vec<Option<Vec<u8>>> {
    let values = metadata.get_all_bin(name).iter();
    values
        .map(|value| value.to_bytes().ok().map(|bytes| bytes.to_vec()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn binary_values_are_read_in_every_form() {
    for (sent, read) in [
        (&["AQI"][..], &[Some(&[1u8, 2][..])][..]),
        (&["AQI="], &[Some(&[1, 2])]),
        (&["AQID"], &[Some(&[1, 2, 3])]),
        (&[""], &[Some(&[])]),
        (&["AQI", "AwQ="], &[Some(&[1, 2]), Some(&[3, 4])]),
        (&["AQI,AwQ"], &[Some(&[1, 2]), Some(&[3, 4])]),
        (
            &["AQI=, AwQ=,BQ"],
            &[Some(&[1, 2]), Some(&[3, 4]), Some(&[5])],
        ),
        (
            &["AQI,AwQ", "BQ"],
            &[Some(&[1, 2]), Some(&[3, 4]), Some(&[5])],
        ),
        // What is no base64 is nobody's failure but the reader's of that value.
        (&["!!!"], &[None]),
        (&["A"], &[None]),
        (&["AQ==AQ=="], &[None]),
        (&["!!!,AQI"], &[None, Some(&[1, 2])]),
        (&["\u{e9}"], &[None]),
    ] {
        let head = sent
            .iter()
            .fold(Head::new(SAY), |head, value| head.with("x-bin", value));
        let read: Vec<_> = read.iter().map(|v| v.map(<[u8]>::to_vec)).collect();
        assert_eq!(binaries(&seen(head).await, "x-bin"), read, "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn values_that_http_allows_and_grpc_does_not_arrive_as_they_are() {
    for sent in [
        &b"plain"[..],
        b"",
        b"caf\xc3\xa9",
        b"\xff\xfe\x80",
        b"tab\tinside",
        b"comma, separated, text",
        b"quoted \"text\"",
    ] {
        let metadata = seen(Head::new(SAY).with("x", sent)).await;
        let got = metadata.get("x").unwrap().as_encoded_bytes();
        assert_eq!(got, sent, "{}", sent.escape_ascii());
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_one_name_keep_their_order() {
    let head = ["1", "2", "3", "2"]
        .iter()
        .fold(Head::new(SAY), |head, value| {
            head.with("x", value).with("y", "between")
        });
    let metadata = seen(head).await;
    let values: Vec<_> = metadata.get_all("x").iter().collect();
    assert_eq!(values, ["1", "2", "3", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_does_not_see_the_calls_own_headers() {
    let head = Head::new(SAY)
        .with("grpc-timeout", "1H")
        .with("grpc-encoding", "identity")
        .with("grpc-accept-encoding", "identity")
        .with("user-agent", "test")
        .with("grpc-trace-bin", "AQ")
        .with("x", "1");
    let metadata = seen(head).await.into_headers();
    let mut names: Vec<_> = metadata.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["grpc-trace-bin", "user-agent", "x"]);
}

/// The head and the body that our client sends.
async fn sent(kind: Kind, request: Request<Note>, timeout: Option<Duration>) -> (Seen, Vec<u8>) {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let client = client_of(move |request, mut respond| {
        let tell = tell.clone();
        async move {
            let (head, body) = request.into_parts();
            let seen = Seen {
                method: head.method,
                uri: head.uri,
                headers: head.headers,
            };
            let body = read_all(body).await;
            tell.send((seen, body)).await.unwrap();
            respond.send_reset(h2::Reason::CANCEL);
        }
    });
    let (metadata, _, note) = request.into_parts();
    let stream = tokio_stream::once(note.clone());
    // A stream's options are set one by one.
    macro_rules! with_metadata {
        ($call:expr) => {{
            let mut call = $call;
            for entry in metadata.iter() {
                let meshrpc::metadata::KeyAndValueRef::Ascii(key, value) = entry else {
                    continue;
                };
                call = call.metadata(key.as_str(), value.to_str().unwrap());
            }
            match timeout {
                Some(timeout) => call.timeout(timeout),
                None => call,
            }
        }};
    }
    let failed = match kind {
        Kind::Unary => {
            let mut request = Request::new(note);
            *request.metadata_mut() = metadata;
            let call = client.say(request);
            match timeout {
                Some(timeout) => call.timeout(timeout).await.err(),
                None => call.await.err(),
            }
        }
        Kind::ServerStreaming => with_metadata!(client.count(note)).await.err(),
        Kind::ClientStreaming => with_metadata!(client.collect())
            .send_all(stream)
            .await
            .err(),
        Kind::Bidi => with_metadata!(client.chat()).send_all(stream).await.err(),
    };
    match told.try_recv() {
        Ok(sent) => sent,
        Err(_) => panic!("nothing was sent: {failed:?}"),
    }
}

struct Seen {
    method: http::Method,
    uri: http::Uri,
    headers: HeaderMap,
}

#[tokio::test(start_paused = true)]
async fn our_requests_are_what_the_standard_says() {
    for (kind, method) in Kind::ALL
        .into_iter()
        .zip(["Say", "Count", "Collect", "Chat"])
    {
        let mut request = Request::new(note("x"));
        request
            .metadata_mut()
            .insert("x-user", "1".parse().unwrap());
        let (seen, body) = sent(kind, request, Some(Duration::from_secs(5))).await;
        assert_eq!(seen.method, "POST");
        assert_eq!(seen.uri.scheme_str(), Some("http"));
        let path = format!("/mesh.test.v1.EchoService/{method}");
        assert_eq!(seen.uri.path_and_query().unwrap().as_str(), path);
        assert_eq!(body, framed_note("x"), "{kind:?}");
        let names: Vec<_> = seen.headers.keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names.first(), Some(&"grpc-timeout"), "{kind:?}: {names:?}");
        let user = names.iter().position(|name| *name == "x-user").unwrap();
        for name in ["te", "content-type", "user-agent"] {
            let at = names.iter().position(|have| *have == name);
            assert!(at.is_some_and(|at| at < user), "{kind:?}: {names:?}");
        }
        assert_eq!(seen.headers["te"], "trailers");
        assert_eq!(seen.headers["content-type"], "application/grpc");
        assert_eq!(seen.headers["grpc-timeout"], "5000000u");
        assert!(!seen.headers.contains_key("grpc-encoding"));
    }
}

#[tokio::test(start_paused = true)]
async fn reserved_names_of_a_caller_replace_nothing() {
    let mut request = Request::new(note("x"));
    let metadata = request.metadata_mut();
    for name in [
        "te",
        "content-type",
        "content-length",
        "user-agent",
        "host",
        "connection",
        "transfer-encoding",
        "grpc-encoding",
        "grpc-accept-encoding",
        "grpc-status",
        "grpc-message",
        "grpc-whatever",
    ] {
        metadata.append(name, "evil".parse().unwrap());
        metadata.append(name, "twice".parse().unwrap());
    }
    metadata.insert("x-user", "good".parse().unwrap());
    let (seen, body) = sent(Kind::Unary, request, None).await;
    let evil: Vec<_> = seen
        .headers
        .iter()
        .filter(|(_, value)| *value == "evil" || *value == "twice")
        .collect();
    assert!(evil.is_empty(), "{evil:?}");
    for (name, value) in [
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("x-user", "good"),
    ] {
        let values: Vec<_> = seen.headers.get_all(name).iter().collect();
        assert_eq!(values, [value]);
    }
    assert_eq!(body, framed_note("x"));
}

#[tokio::test(start_paused = true)]
async fn our_values_keep_their_order_and_binary_ones_have_no_padding() {
    let mut request = Request::new(note("x"));
    let metadata = request.metadata_mut();
    for value in ["1", "2", "1"] {
        metadata.append("x", value.parse().unwrap());
    }
    metadata.append_bin("y-bin", MetadataValue::from_bytes(&[1, 2]));
    metadata.append_bin("y-bin", MetadataValue::from_bytes(&[]));
    metadata.append_bin("y-bin", MetadataValue::from_bytes(&[255, 254, 253, 252]));
    let (seen, _) = sent(Kind::Unary, request, None).await;
    let values: Vec<_> = seen.headers.get_all("x").iter().collect();
    assert_eq!(values, ["1", "2", "1"]);
    let values: Vec<_> = seen.headers.get_all("y-bin").iter().collect();
    assert_eq!(values, ["AQI", "", "//79/A"]);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_can_not_be_sent_is_refused_by_its_key() {
    let client = client_of(|_, _| async {});
    for (call, words) in [
        (
            client.say(note("x")).metadata("x-line", "a\r\nb: c"),
            ["x-line", "visible ASCII"],
        ),
        (
            client.say(note("x")).metadata("X Space", "1"),
            ["X Space", "lower-case"],
        ),
        (
            client.say(note("x")).metadata("x-bin", "AQI"),
            ["x-bin", "metadata_bin"],
        ),
        (
            client.say(note("x")).metadata_bin("x-text", [1]),
            ["x-text", "-bin"],
        ),
        (
            client.say(note("x")).metadata("grpc-timeout", "soon"),
            ["grpc-timeout", "client"],
        ),
    ] {
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{words:?}: {status:?}");
        for word in words {
            assert!(status.message().contains(word), "{status:?} lacks {word}");
        }
        assert!(status.message().starts_with("client: "), "{status:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_is_none_in_a_requests_metadata_is_refused_by_its_text() {
    let client = client_of(|_, _| async {});
    let mut request = Request::new(note("x"));
    let soon = "soon".parse().unwrap();
    request.metadata_mut().insert("grpc-timeout", soon);
    let status = client.say(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status:?}");
    for word in ["client", "invalid grpc-timeout", "soon", "H M S m u n"] {
        assert!(status.message().contains(word), "{status:?} lacks {word}");
    }
}
