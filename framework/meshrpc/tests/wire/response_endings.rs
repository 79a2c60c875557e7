//! How responses end: statuses, resets, broken connections.

use h2::Reason;
use meshrpc::Code;

use super::answerer::{self, Reply, Scripted};
use super::head::framed_note;
use super::response_table::{Expect, Kind, Row, run_table};

#[tokio::test(start_paused = true)]
async fn every_code_arrives_with_and_without_messages() {
    let mut rows = Vec::new();
    for number in 1..=16 {
        let code = Code::from_i32(number);
        let digits = number.to_string();
        let expect = Expect::Status(code, &["told"]);
        let trailers = |reply: Reply| {
            reply
                .trailer("grpc-status", &digits)
                .trailer("grpc-message", "told")
        };
        let headers = Reply::new()
            .header("grpc-status", &digits)
            .header("grpc-message", "told");
        rows.push(Row::new(format!("{code:?} in headers"), headers, expect));
        let name = format!("{code:?} in trailers");
        rows.push(Row::new(name, trailers(Reply::new()), expect));
        let name = format!("{code:?} behind a message");
        let reply = trailers(Reply::new().data(framed_note("x")));
        rows.push(Row::new(name, reply, expect));
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_status_that_is_no_code_is_unknown_and_shown() {
    let mut rows = Vec::new();
    for garbage in [
        "17",
        "99999999999999999999",
        "-1",
        "",
        "OK",
        "0x5",
        "1 2",
        " 0",
        "0,0",
        "\u{e9}",
    ] {
        let words = &["grpc-status", "no code from 0 to 16", "the rest"];
        let expect = Expect::Status(Code::Unknown, words);
        let trailers = Reply::new()
            .data(framed_note("x"))
            .trailer("grpc-status", garbage)
            .trailer("grpc-message", "the rest");
        rows.push(Row::new(
            format!("{garbage:?} in trailers"),
            trailers,
            expect,
        ));
        let headers = Reply::new()
            .header("grpc-status", garbage)
            .header("grpc-message", "the rest");
        rows.push(Row::new(format!("{garbage:?} in headers"), headers, expect));
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_response_without_a_status_is_unknown_and_suspects_a_proxy() {
    let unknown = Expect::Status(Code::Unknown, &["without grpc-status", "proxy"]);
    run_table(vec![
        Row::new(
            "headers alone",
            Reply::new(),
            Expect::Status(Code::Unknown, &["without grpc-status"]),
        ),
        Row::new(
            "an end after data",
            Reply::new().data(framed_note("x")),
            unknown,
        ),
        Row::new("an end and no data", Reply::new().data(""), unknown),
        Row::new(
            "trailers",
            Reply::new().data(framed_note("x")).trailer("x-other", "1"),
            unknown,
        ),
        Row::new(
            "trailers alone",
            Reply::new().trailer("x-other", "1"),
            unknown,
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_message_of_any_encoding_leaves_the_status_alone() {
    let server = Scripted::new();
    for (sent, read) in [
        (&b"plain"[..], "plain"),
        (b"", ""),
        (
            b"gr%C3%B6%C3%9Fer %F0%9F%A6%80 100%25",
            "gr\u{f6}\u{df}er \u{1f980} 100%",
        ),
        (b"%e2%98%ba lower", "\u{263a} lower"),
        (b"a%0Ab%09c", "a\nb\tc"),
        (b"%", "%"),
        (b"50% off", "50% off"),
        (b"%zz", "%zz"),
        (b"%4", "%4"),
        (b"%FF half", "\u{fffd} half"),
        (b"%C3", "\u{fffd}"),
        ("raw \u{e9}".as_bytes(), "raw \u{e9}"),
        (b"raw \xff", "raw \u{fffd}"),
        (b"a+b", "a+b"),
    ] {
        for kind in Kind::ALL {
            for reply in [
                Reply::new()
                    .header("grpc-status", "9")
                    .header("grpc-message", sent),
                Reply::new()
                    .trailer("grpc-status", "9")
                    .trailer("grpc-message", sent),
            ] {
                let got = server.call(kind, reply).await;
                let status = got.status();
                assert_eq!(
                    status.code(),
                    Code::FailedPrecondition,
                    "{read:?}, {kind:?}"
                );
                assert_eq!(status.message(), read, "{kind:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn details_that_are_no_base64_cost_only_themselves() {
    let server = Scripted::new();
    for (sent, read) in [
        (&b"AQID"[..], &[1u8, 2, 3][..]),
        (b"AQI=", &[1, 2]),
        (b"AQI", &[1, 2]),
        (b"", &[]),
        (b"!!!", &[]),
        (b"A", &[]),
        (b"AQ ID", &[]),
        (b"\xff\xfe", &[]),
        (b"AQI,AQI", &[1, 2]),
    ] {
        for kind in Kind::ALL {
            for reply in [
                Reply::new()
                    .header("grpc-status", "9")
                    .header("grpc-message", "kept")
                    .header("grpc-status-details-bin", sent),
                Reply::new()
                    .data(framed_note("x"))
                    .trailer("grpc-status", "9")
                    .trailer("grpc-message", "kept")
                    .trailer("grpc-status-details-bin", sent),
            ] {
                let got = server.call(kind, reply).await;
                let status = got.status();
                let shown = sent.escape_ascii();
                assert_eq!(status.code(), Code::FailedPrecondition, "{shown}, {kind:?}");
                assert_eq!(status.message(), "kept", "{shown}, {kind:?}");
                assert_eq!(status.details(), read, "{shown}, {kind:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_code_of_a_reset_has_its_status() {
    let mut rows = Vec::new();
    for (reason, code) in [
        (Reason::NO_ERROR, Code::Internal),
        (Reason::PROTOCOL_ERROR, Code::Internal),
        (Reason::INTERNAL_ERROR, Code::Internal),
        (Reason::FLOW_CONTROL_ERROR, Code::Internal),
        (Reason::SETTINGS_TIMEOUT, Code::Internal),
        (Reason::STREAM_CLOSED, Code::Internal),
        (Reason::FRAME_SIZE_ERROR, Code::Internal),
        (Reason::REFUSED_STREAM, Code::Unavailable),
        (Reason::CANCEL, Code::Cancelled),
        (Reason::COMPRESSION_ERROR, Code::Internal),
        (Reason::CONNECT_ERROR, Code::Internal),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
        (Reason::HTTP_1_1_REQUIRED, Code::Internal),
        (Reason::from(0x9999), Code::Internal),
    ] {
        let words: &[_] = &["the peer reset the stream", "RST_STREAM"];
        let expect = Expect::Status(code, words);
        for (what, reply) in [
            ("in place of headers", answerer::nothing()),
            ("behind headers", Reply::new()),
            ("behind a message", Reply::new().data(framed_note("x"))),
            (
                "inside of a message",
                Reply::new().data(framed_note("x")[..6].to_vec()),
            ),
        ] {
            let name = format!("{reason:?} {what}");
            rows.push(Row::new(name, reply.reset(reason), expect));
        }
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_leaves_its_calls_unavailable() {
    let server = Scripted::new();
    for (what, reply) in [
        ("before headers", answerer::nothing()),
        ("behind headers", Reply::new().data("")),
        ("behind a message", Reply::new().data(framed_note("x"))),
        (
            "inside of a message",
            Reply::new().data(framed_note("x")[..6].to_vec()),
        ),
    ] {
        for kind in Kind::ALL {
            // A server that hangs up again and again would be called less often.
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
            let got = server.call(kind, reply.clone().hang_up()).await;
            let status = got.status();
            assert_eq!(
                status.code(),
                Code::Unavailable,
                "{what}, {kind:?}: {status:?}"
            );
            assert!(
                status.message().contains("connection"),
                "{what}: {status:?}"
            );
            // The next call has a connection again.
            let good = Reply::new().data(framed_note("x")).ok();
            server.call(Kind::Unary, good).await.end.unwrap();
        }
    }
}
