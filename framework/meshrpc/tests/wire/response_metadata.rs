//! Metadata of responses, as it comes from a server and as ours sends it.

use std::time::Duration;

use meshrpc::metadata::{MetadataMap, MetadataValue};
use meshrpc::{Code, Receiver, Request, Response, ResponseExt, Sender, Status};

use super::answerer::{Reply, Scripted};
use super::caller::{Caller, serve};
use super::head::{CHAT, COLLECT, COUNT, Head, SAY, X, framed_note};
use super::response_table::Kind;
use super::soon;
use crate::support::Note;
use crate::support::echo_service::EchoService;

fn binaries(metadata: &MetadataMap, name: &str) -> Vec<Option<Vec<u8>>> {
    let values = metadata.get_all_bin(name).iter();
    values
        .map(|value| value.to_bytes().ok().map(|bytes| bytes.to_vec()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn headers_trailers_and_their_values_arrive_apart_and_as_they_are() {
    let server = Scripted::new();
    for kind in Kind::ALL {
        let reply = Reply::new()
            .header("x-initial", "1")
            .header("x-initial", "2")
            .header("x-bin", "AQI=,AwQ")
            .header("x-broken-bin", "!!!")
            .header("x-text", b"caf\xc3\xa9 \xff")
            .data(framed_note("x"))
            .ok()
            .trailer("x-trailing", "a")
            .trailer("x-trailing", "b")
            .trailer("x-bin", "BQ")
            .trailer("x-text", b"\xfe");
        let got = server.call(kind, reply).await;
        let trailers = got.end.unwrap();
        let all = |metadata: &MetadataMap, name: &str| -> Vec<Vec<u8>> {
            let values = metadata.get_all(name).iter();
            values
                .map(|value| value.as_encoded_bytes().to_vec())
                .collect()
        };
        assert_eq!(all(&got.headers, "x-initial"), [b"1", b"2"], "{kind:?}");
        assert_eq!(all(&trailers, "x-trailing"), [b"a", b"b"], "{kind:?}");
        assert!(got.headers.get("x-trailing").is_none(), "{kind:?}");
        assert!(trailers.get("x-initial").is_none(), "{kind:?}");
        assert_eq!(
            all(&got.headers, "x-text"),
            [b"caf\xc3\xa9 \xff"],
            "{kind:?}"
        );
        assert_eq!(all(&trailers, "x-text"), [b"\xfe"], "{kind:?}");
        let two = [Some(vec![1, 2]), Some(vec![3, 4])];
        assert_eq!(binaries(&got.headers, "x-bin"), two, "{kind:?}");
        assert_eq!(binaries(&got.headers, "x-broken-bin"), [None], "{kind:?}");
        assert_eq!(binaries(&trailers, "x-bin"), [Some(vec![5])], "{kind:?}");
        for name in ["content-type", "grpc-status", "grpc-encoding"] {
            assert!(got.headers.get(name).is_none(), "{kind:?}: {name}");
            assert!(trailers.get(name).is_none(), "{kind:?}: {name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_errors_metadata_is_what_came_with_its_status() {
    let server = Scripted::new();
    for kind in Kind::ALL {
        for reply in [
            Reply::new()
                .header("grpc-status", "5")
                .header("x-a", "1")
                .header("x-a", "2")
                .header("x-bin", "!!!,AQI"),
            Reply::new()
                .trailer("grpc-status", "5")
                .trailer("x-a", "1")
                .trailer("x-a", "2")
                .trailer("x-bin", "!!!,AQI"),
        ] {
            let got = server.call(kind, reply).await;
            let metadata = got.status().metadata();
            let values: Vec<_> = metadata.get_all("x-a").iter().collect();
            assert_eq!(values, ["1", "2"], "{kind:?}");
            assert_eq!(binaries(metadata, "x-bin"), [None, Some(vec![1, 2])]);
            assert_eq!(metadata.keys_len(), 2, "{kind:?}: {metadata:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_headers_of_a_response_that_is_only_trailers_are_trailers() {
    let server = Scripted::new();
    let reply = Reply::new().header("grpc-status", "0").header("x", "1");
    let got = server.call(Kind::ServerStreaming, reply).await;
    assert!(got.headers.is_empty(), "{got:?}");
    assert_eq!(got.end.unwrap().get("x").unwrap(), "1");
}

/// Answers with as much metadata as there can be, good and bad; fails if it is asked to.
struct Talkative;

const RESERVED: [&str; 10] = [
    "content-type",
    "content-length",
    "te",
    "connection",
    "transfer-encoding",
    "grpc-status",
    "grpc-message",
    "grpc-encoding",
    "grpc-accept-encoding",
    "grpc-whatever",
];

fn fill(metadata: &mut MetadataMap) {
    for name in RESERVED {
        metadata.append(name, "666".parse().unwrap());
    }
    metadata.append_bin(
        "grpc-status-details-bin",
        MetadataValue::from_bytes(b"evil"),
    );
    metadata.append("x-a", "1".parse().unwrap());
    metadata.append("x-a", "2".parse().unwrap());
    metadata.append_bin("x-bin", MetadataValue::from_bytes(&[1, 2]));
    metadata.append("grpc-retry-pushback-ms", "-1".parse().unwrap());
}

fn failure() -> Status {
    let mut metadata = MetadataMap::new();
    fill(&mut metadata);
    Status::with_details_and_metadata(
        Code::Aborted,
        "a\n100 % \u{263a}",
        vec![1, 2].into(),
        metadata,
    )
}

fn full(note: Note) -> Result<Response<Note>, Status> {
    if note.text == "fail" {
        return Err(failure());
    }
    let mut response = Response::new(note);
    fill(response.metadata_mut());
    fill(response.trailers_mut());
    Ok(response)
}

async fn stream(note: Note, out: &mut Sender<Note>) -> Result<(), Status> {
    if note.text == "fail" {
        return Err(failure());
    }
    fill(out.metadata_mut());
    fill(out.trailers_mut());
    out.send(note).await
}

impl EchoService for Talkative {
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        full(request.into_inner())
    }

    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        stream(request.into_inner(), out).await
    }

    async fn collect(&self, request: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        full(request.into_inner().message().await?.unwrap())
    }

    async fn chat(
        &self,
        request: Request<Receiver<Note>>,
        out: &mut Sender<Note>,
    ) -> Result<(), Status> {
        stream(request.into_inner().message().await?.unwrap(), out).await
    }
}

fn values<'a>(headers: &'a http::HeaderMap, name: &str) -> Vec<&'a [u8]> {
    let values = headers.get_all(name).iter();
    values.map(http::HeaderValue::as_bytes).collect()
}

#[tokio::test(start_paused = true)]
async fn reserved_names_of_a_handler_replace_nothing() {
    let caller = Caller::connect(&serve(Talkative)).await;
    for path in [SAY, COUNT, COLLECT, CHAT] {
        let head = Head::new(path);
        let answer = caller.call(&head, &[framed_note("x")]).await.answer();
        assert_eq!(answer.grpc_status(), Some(0), "{path}: {answer:?}");
        assert_eq!(answer.body, X);
        let trailers = answer.trailers.as_ref().unwrap();
        assert_eq!(
            values(&answer.headers, "content-type"),
            [b"application/grpc"]
        );
        assert_eq!(values(trailers, "grpc-status"), [b"0"]);
        for headers in [&answer.headers, trailers] {
            assert!(headers.values().all(|value| value != "666"), "{headers:?}");
            assert!(!headers.contains_key("grpc-status-details-bin"));
            assert_eq!(values(headers, "x-a"), [b"1", b"2"], "{path}");
            assert_eq!(values(headers, "x-bin"), [b"AQI"], "{path}");
            assert_eq!(values(headers, "grpc-retry-pushback-ms"), [b"-1"], "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_before_any_message_is_headers_alone() {
    let caller = Caller::connect(&serve(Talkative)).await;
    for path in [SAY, COUNT, COLLECT, CHAT] {
        let head = Head::new(path);
        let answer = caller.call(&head, &[framed_note("fail")]).await.answer();
        assert!(answer.trailers.is_none(), "{path}: {answer:?}");
        assert!(answer.body.is_empty());
        let headers = &answer.headers;
        for (name, value) in [
            ("content-type", &b"application/grpc"[..]),
            ("grpc-status", b"10"),
            ("grpc-message", b"a%0A100 %25 %E2%98%BA"),
            ("grpc-status-details-bin", b"AQI"),
            ("x-bin", b"AQI"),
            ("grpc-retry-pushback-ms", b"-1"),
        ] {
            assert_eq!(values(headers, name), [value], "{path}: {name}");
        }
        assert_eq!(values(headers, "x-a"), [b"1", b"2"], "{path}");
        let mut names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
        names.retain(|name| !name.starts_with("x-"));
        names.sort_unstable();
        // The one reserved name that a status may bring along is the list of encodings.
        names.retain(|name| *name != "grpc-accept-encoding");
        assert_eq!(
            names,
            [
                "content-type",
                "grpc-message",
                "grpc-retry-pushback-ms",
                "grpc-status",
                "grpc-status-details-bin",
            ],
            "{path}"
        );
    }
}

/// Sends its headers when it is told to, and its message when told again.
struct Hesitant(tokio::sync::Semaphore);

impl EchoService for Hesitant {
    async fn say(&self, _: Request<Note>) -> Result<Response<Note>, Status> {
        self.0.add_permits(1);
        Ok(Response::new(Note::default()))
    }

    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        let note = request.into_inner();
        self.0.acquire().await.unwrap().forget();
        if note.text == "headers" {
            out.send_headers().await?;
        } else {
            out.send(note).await?;
        }
        self.0.acquire().await.unwrap().forget();
        Ok(())
    }

    async fn collect(&self, _: Request<Receiver<Note>>) -> Result<Response<Note>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn chat(&self, _: Request<Receiver<Note>>, _: &mut Sender<Note>) -> Result<(), Status> {
        Err(Status::unimplemented("not in this test"))
    }
}

#[tokio::test(start_paused = true)]
async fn headers_wait_for_the_first_message_or_a_flush() {
    let caller = Caller::connect(&serve(Hesitant(tokio::sync::Semaphore::new(0)))).await;
    for (text, body) in [("headers", 0), ("message", framed_note("message").len())] {
        let mut exchange = caller.open(&Head::new(COUNT), false).await;
        exchange.data(framed_note(text), true);
        let second = Duration::from_secs(1);
        let early = tokio::time::timeout(second, &mut exchange.response).await;
        assert!(early.is_err(), "{text}: {early:?}");
        caller
            .call(&Head::new(SAY), &[framed_note("go")])
            .await
            .answer();
        let mut response = soon(exchange.response).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/grpc");
        let data = tokio::time::timeout(second, response.body_mut().data()).await;
        assert_eq!(data.map_or(0, |data| data.unwrap().unwrap().len()), body);
        caller
            .call(&Head::new(SAY), &[framed_note("go")])
            .await
            .answer();
        let trailers = soon(response.body_mut().trailers()).await.unwrap().unwrap();
        assert_eq!(trailers["grpc-status"], "0");
    }
}
