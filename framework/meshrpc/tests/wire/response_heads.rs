//! Heads of responses: whether gRPC answered, and what it means if something else did.

use meshrpc::Code;

use super::answerer::{Reply, Scripted};
use super::head::framed_note;
use super::response_table::{Expect, Kind, Row, run_table};

#[tokio::test(start_paused = true)]
async fn an_http_status_counts_where_there_is_no_grpc_status() {
    let mut rows = Vec::new();
    for (http, code) in [
        (200, Code::Unknown),
        (204, Code::Unknown),
        (302, Code::Unknown),
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (405, Code::Unknown),
        (409, Code::Unknown),
        (415, Code::Unknown),
        (429, Code::Unavailable),
        (431, Code::Unknown),
        (500, Code::Unknown),
        (501, Code::Unknown),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
        (505, Code::Unknown),
    ] {
        let named: &[_] = vec![format!("HTTP {http}").leak() as &str, "no grpc-status"].leak();
        let html = Reply::http(http).header("content-type", "text/html");
        for (what, reply) in [
            ("headers alone", html.clone()),
            ("a page", html.data("<html>no</html>")),
            ("no content-type", Reply::http(http).data("no")),
        ] {
            let name = format!("{http}, {what}");
            rows.push(Row::new(name, reply, Expect::Status(code, named)));
        }
        if http != 200 {
            // gRPC's content-type alone does not make it an answer.
            let reply = Reply::http(http).header("content-type", "application/grpc");
            let expect = Expect::Status(code, named);
            rows.push(Row::new(format!("{http}, gRPC's type"), reply, expect));
        }
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_grpc_status_counts_whatever_http_says() {
    let mut rows = Vec::new();
    for http in [200, 400, 404, 429, 500, 503] {
        let reply = Reply::http(http)
            .header("content-type", "application/grpc")
            .header("grpc-status", "7")
            .header("grpc-message", "no entry");
        let expect = Expect::Status(Code::PermissionDenied, &["no entry"]);
        rows.push(Row::new(http.to_string(), reply, expect));
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_response_of_another_content_type_is_no_grpc_response() {
    let mut rows = Vec::new();
    let good = |content_type: &str| {
        let reply = Reply::http(200).header("content-type", content_type);
        reply.data(framed_note("x")).ok()
    };
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc; charset=utf-8",
        "Application/GRPC",
    ] {
        rows.push(Row::new(content_type, good(content_type), Expect::Ok(1)));
    }
    for content_type in [
        "text/html",
        "application/json",
        "application/grpc+json",
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpcx",
        "",
    ] {
        let named = format!("content-type {content_type}").leak() as &str;
        let words: &[_] = vec![named, "is it a gRPC server?"].leak();
        let expect = Expect::Status(Code::Unknown, words);
        rows.push(Row::new(
            format!("{content_type:?}"),
            good(content_type),
            expect,
        ));
        // Its grpc-status is not believed either.
        let reply = Reply::http(200)
            .header("content-type", content_type)
            .header("grpc-status", "0");
        rows.push(Row::new(
            format!("{content_type:?}, status in headers"),
            reply,
            expect,
        ));
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_status_in_headers_is_the_answer_only_when_they_are_all_of_it() {
    let headers = |status| Reply::new().header("grpc-status", status);
    let told = Expect::Status(Code::NotFound, &["in trailers"]);
    let late = |reply: Reply| {
        reply
            .trailer("grpc-status", "5")
            .trailer("grpc-message", "in trailers")
    };
    run_table(vec![
        Row::new(
            "error, then a good rest",
            headers("5").data(framed_note("x")).ok(),
            Expect::Ok(1),
        ),
        Row::new(
            "OK, then a bad end",
            late(headers("0").data(framed_note("x"))),
            told,
        ),
        Row::new("OK, then trailers alone", late(headers("0")), told),
        Row::new(
            "OK, then messages without an end",
            headers("0").data(framed_note("x")),
            Expect::Status(Code::Unknown, &["without grpc-status"]),
        ),
        Row::of_both(
            "OK and nothing else",
            headers("0"),
            Expect::Status(
                Code::Unimplemented,
                &["client", "no response message", "same contract?"],
            ),
            Expect::Ok(0),
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_encoding_that_was_not_offered_is_internal() {
    let words = &["client", "not offered", "br"];
    let not_offered = Expect::Status(Code::Internal, words);
    let br = || Reply::new().header("grpc-encoding", "br");
    run_table(vec![
        Row::new("br", br().data(framed_note("x")).ok(), not_offered),
        Row::new(
            "identity",
            Reply::new()
                .header("grpc-encoding", "identity")
                .data(framed_note("x"))
                .ok(),
            Expect::Ok(1),
        ),
        // The encoding of no messages does not hide why there are none.
        Row::new(
            "br, and an error in the headers",
            br().header("grpc-status", "5")
                .header("grpc-message", "gone"),
            Expect::Status(Code::NotFound, &["gone"]),
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn informational_responses_are_passed_over() {
    let client = super::answerer::client_of(|request, mut respond| async move {
        super::answerer::read_all(request.into_body()).await;
        for http in [100, 103, 103] {
            let mut hint = http::Response::new(());
            *hint.status_mut() = http::StatusCode::from_u16(http).unwrap();
            respond.send_informational(hint).unwrap();
        }
        let mut head = http::Response::new(());
        let grpc = http::HeaderValue::from_static("application/grpc");
        head.headers_mut().insert("content-type", grpc);
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(framed_note("x").into(), false).unwrap();
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
        stream.send_trailers(trailers).unwrap();
    });
    for kind in Kind::ALL {
        let got = super::response_table::call(&client, kind).await;
        assert_eq!(got.notes.len(), 1, "{kind:?}: {got:?}");
        assert!(got.end.is_ok(), "{kind:?}: {got:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_that_the_server_finds_too_large_is_named_with_its_limit() {
    use crate::support::{Echo, echo_service::EchoServiceClient, note};
    let server = meshrpc::testing::serve(
        meshrpc::Server::builder()
            .add_service(crate::support::echo_service::EchoServiceServer::new(Echo)),
    )
    .unwrap();
    let client = EchoServiceClient::new(server.channel());
    let call = client
        .say(note("x"))
        .metadata("x-large", "v".repeat(20_000));
    let status = call.await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    for word in ["HTTP 431", "metadata", "Limits::max_header_list"] {
        assert!(status.message().contains(word), "{status:?}");
    }
    client.say(note("others are well")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn headers_over_the_limit_end_their_call_only() {
    let large = "v".repeat(20_000);
    let internal = Expect::Status(Code::Internal, &["because of what the peer sent"]);
    run_table(vec![
        Row::new(
            "headers",
            Reply::new().header("x", &large).data(framed_note("x")).ok(),
            internal,
        ),
        Row::new(
            "a status in headers",
            Reply::new().header("grpc-status", "5").header("x", &large),
            internal,
        ),
    ])
    .await;
}

/// `h2` cuts such trailers short without a word. What comes first is the status.
#[tokio::test(start_paused = true)]
async fn trailers_over_the_limit_lose_what_is_too_large_and_not_their_status() {
    let server = Scripted::new();
    let large = "v".repeat(20_000);
    for kind in Kind::ALL {
        let reply = Reply::new().data(framed_note("x")).ok();
        let got = server.call(kind, reply.trailer("x", &large)).await;
        assert!(got.end.unwrap().is_empty(), "{kind:?}");
        let reply = Reply::new()
            .trailer("grpc-status", "5")
            .trailer("grpc-message", "gone")
            .trailer("grpc-status-details-bin", &large);
        let got = server.call(kind, reply).await;
        let status = got.status();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "gone"));
        assert!(status.details().is_empty(), "{kind:?}: {status:?}");
    }
    assert_eq!(server.connections(), 1);
}
