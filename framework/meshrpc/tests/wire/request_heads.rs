//! Heads of requests: which of them are a gRPC call, and of which method.

use h2::Reason;
use meshrpc::prost::Message;
use meshrpc::{Code, Limits};

use super::caller::{Caller, serve};
use super::head::{Head, SAY, X, framed_note, prost_note};
use super::request_table::{Expect, Row, run_table};
use crate::support::{Echo, echo_service::EchoServiceServer};

const MALFORMED: Expect = Expect::Reset(Reason::PROTOCOL_ERROR);

#[tokio::test(start_paused = true)]
async fn the_content_type_decides_whether_a_request_is_grpc() {
    let no = Expect::Http(415);
    let rows = [
        ("application/grpc", Expect::Ok(X)),
        ("application/grpc+proto", Expect::Ok(X)),
        ("application/grpc;charset=utf-8", Expect::Ok(X)),
        ("application/grpc ; charset=utf-8", Expect::Ok(X)),
        ("application/grpc+proto; a=b", Expect::Ok(X)),
        ("Application/GRPC+Proto", Expect::Ok(X)),
        ("application/grpc+json", no),
        ("application/grpc+x", no),
        ("application/grpc+protox", no),
        ("application/grpc+", no),
        ("application/grpcx", no),
        ("application/grpc-web", no),
        ("application/grpc-web+proto", no),
        ("application/json", no),
        ("application/connect+proto", no),
        ("text/html", no),
        ("", no),
        ("\u{e9}", no),
    ];
    let mut rows: Vec<Row> = rows
        .into_iter()
        .map(|(content_type, expect)| {
            let head = Head::new(SAY).set("content-type", content_type);
            Row::head(format!("{content_type:?}"), head, expect)
        })
        .collect();
    let missing = Head::new(SAY).without("content-type");
    rows.push(Row::head("missing", missing, no));
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_grpc_is_told_so_in_plain_text() {
    let caller = Caller::connect(&serve(Echo)).await;
    let head = Head::new(SAY).set("content-type", "text/html");
    let answer = caller.call(&head, &[b"hello"]).await.answer();
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let text = String::from_utf8(answer.body).unwrap();
    for word in ["gRPC", "POST", "application/grpc"] {
        assert!(text.contains(word), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_post_is_a_call() {
    let mut rows = Vec::new();
    for method in ["GET", "PUT", "HEAD", "OPTIONS", "post", "X"] {
        let head = Head::new(SAY).set(":method", method);
        let words: &[_] = &["server", "POST"];
        rows.push(Row::head(
            method,
            head,
            Expect::Status(Code::Internal, words),
        ));
    }
    let head = Head::new(SAY).set(":method", "CONNECT");
    rows.push(Row::head("CONNECT", head, MALFORMED));
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_path_is_a_method_in_one_spelling_only() {
    let no = Expect::Status(Code::Unimplemented, &["server", "no service answers"]);
    let none = Expect::Status(
        Code::Unimplemented,
        &["mesh.test.v1.EchoService has no method"],
    );
    let rows = [
        ("/mesh.test.v1.EchoService/Say", Expect::Ok(X)),
        // What is behind a # is no part of a path and never reaches us.
        ("/mesh.test.v1.EchoService/Say#fragment", Expect::Ok(X)),
        ("/mesh.test.v1.EchoService/Shout", none),
        ("/mesh.test.v1.EchoService/say", none),
        ("/mesh.test.v1.EchoService/Sa%79", none),
        ("/mesh.test.v1.EchoService/Say/", none),
        ("/mesh.test.v1.EchoService//Say", none),
        ("/mesh.test.v1.EchoService/", none),
        ("/mesh.test.v1.EchoService/Say;x=1", none),
        ("/mesh.test.v1.EchoService/./Say", none),
        (
            "/mesh.test.v1.EchoService/../mesh.test.v1.EchoService/Say",
            none,
        ),
        ("/mesh.test.v1.EchoService/Say?x=1", none),
        ("/mesh.test.v1.EchoService/Say?", none),
        ("/mesh.test.v1.echoservice/Say", no),
        ("/nobody.v1.Service/Say", no),
        ("//mesh.test.v1.EchoService/Say", no),
        ("/mesh.test.v1.EchoService%2FSay", no),
        ("/./mesh.test.v1.EchoService/Say", no),
        ("/mesh.test.v1.EchoService", no),
        ("/Say", no),
        ("/", no),
        ("*", no),
        ("mesh.test.v1.EchoService/Say", MALFORMED),
        ("http://localhost/mesh.test.v1.EchoService/Say", MALFORMED),
        ("", MALFORMED),
        (" /mesh.test.v1.EchoService/Say", MALFORMED),
        ("/mesh.test.v1.EchoService/Say\n", MALFORMED),
        ("/mesh.test.v1.EchoService/Say\0", MALFORMED),
    ];
    let rows = rows
        .into_iter()
        .map(|(path, expect)| Row::head(format!("{path:?}"), Head::new(path), expect));
    run_table(&serve(Echo), rows.collect()).await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_http2_forbids_is_reset() {
    let good = || Head::new(SAY);
    let rows = vec![
        Row::head("no :method", good().without(":method"), MALFORMED),
        Row::head("no :scheme", good().without(":scheme"), MALFORMED),
        Row::head("no :path", good().without(":path"), MALFORMED),
        Row::head("two :path", good().with(":path", SAY), MALFORMED),
        Row::head("a :status", good().with(":status", "200"), MALFORMED),
        Row::head("te other", good().set("te", "gzip"), MALFORMED),
        Row::head("connection", good().with("connection", "close"), MALFORMED),
        Row::head(
            "transfer-encoding",
            good().with("transfer-encoding", "chunked"),
            MALFORMED,
        ),
        Row::head(
            "a length that lies",
            good().with("content-length", "3"),
            MALFORMED,
        ),
        // What is only unusual is answered.
        Row::head("no te", good().without("te"), Expect::Ok(X)),
        Row::head("no :authority", good().without(":authority"), Expect::Ok(X)),
        Row::head(
            "host in its place",
            good().without(":authority").with("host", "localhost"),
            Expect::Ok(X),
        ),
        Row::head("both", good().with("host", "another"), Expect::Ok(X)),
        Row::head(
            "a length that is right",
            good().with("content-length", "8"),
            Expect::Ok(X),
        ),
        Row::head("https", good().set(":scheme", "https"), Expect::Ok(X)),
    ];
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_another_form_is_refused_by_its_text() {
    let words = &[
        "server",
        "invalid grpc-timeout",
        "1 to 8 digits",
        "H M S m u n",
    ];
    let mut rows = Vec::new();
    for bad in [
        "",
        "S",
        "123456789S",
        "1",
        "1x",
        "1s",
        "-1S",
        "+1S",
        " 1S",
        "1S ",
        "1 S",
        "1.5S",
        "1e3m",
        "0x1S",
        "1SS",
        "1S,2S",
        "٣S",
    ] {
        let head = Head::new(SAY).with("grpc-timeout", bad);
        let expect = Expect::Status(Code::Internal, words);
        rows.push(Row::head(format!("{bad:?}"), head, expect));
    }
    for expired in ["0H", "0n", "00000000m"] {
        let head = Head::new(SAY).with("grpc-timeout", expired);
        let mut row = Row::head(
            expired,
            head,
            Expect::Status(Code::DeadlineExceeded, &["server"]),
        );
        row.pieces = vec![framed_note("sleep")];
        rows.push(row);
    }
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn every_unit_of_a_timeout_reaches_the_handler() {
    let caller = Caller::connect(&serve(Echo)).await;
    for (timeout, millis) in [
        ("1H", 3_600_000),
        ("2M", 120_000),
        ("99S", 99_000),
        ("00000250m", 250),
        ("99999999u", 99_999),
        ("99999999n", 99),
    ] {
        let head = Head::new(SAY).with("grpc-timeout", timeout);
        let answer = caller.call(&head, &[framed_note("deadline")]).await;
        let answer = answer.answer();
        assert_eq!(answer.grpc_status(), Some(0), "{timeout}: {answer:?}");
        let note: crate::support::Note = Message::decode(&answer.body[5..]).unwrap();
        // Time is paused, and rounded down.
        assert!(
            (millis - 2..=millis).contains(&note.number),
            "{timeout}: {note:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_ends_a_call_that_sends_no_message() {
    let caller = Caller::connect(&serve(Echo)).await;
    for path in [SAY, super::head::COUNT, super::head::COLLECT] {
        let head = Head::new(path).with("grpc-timeout", "50m");
        let exchange = caller.open(&head, false).await;
        let answer = exchange.outcome().await.answer();
        assert_eq!(answer.grpc_status(), Some(4), "{path}: {answer:?}");
        assert!(answer.grpc_message().contains("server"), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_encoding_that_is_not_known_is_unimplemented() {
    let unknown = |words| Expect::Status(Code::Unimplemented, words);
    let mut rows = vec![
        Row::head(
            "identity",
            Head::new(SAY).with("grpc-encoding", "identity"),
            Expect::Ok(X),
        ),
        Row::head(
            "br",
            Head::new(SAY).with("grpc-encoding", "br"),
            unknown(&["server", "br", "this side reads identity"]),
        ),
        Row::head(
            "nothing",
            Head::new(SAY).with("grpc-encoding", ""),
            unknown(&["server"]),
        ),
        Row::head(
            "two at once",
            Head::new(SAY).with("grpc-encoding", "gzip,gzip"),
            unknown(&["server"]),
        ),
        Row::head(
            "accepting what nobody has",
            Head::new(SAY).with("grpc-accept-encoding", "br,\u{e9},,;q=1"),
            Expect::Ok(X),
        ),
    ];
    // In a build without it, the way to it is told.
    rows.push(Row::head(
        "gzip",
        Head::new(SAY).with("grpc-encoding", "gzip"),
        match cfg!(feature = "gzip") {
            true => Expect::Ok(X),
            false => unknown(&["server", "feature `gzip` of meshrpc"]),
        },
    ));
    run_table(&serve(Echo), rows).await;
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[tokio::test(start_paused = true)]
async fn the_answer_to_an_unknown_encoding_names_the_known_ones() {
    let caller = Caller::connect(&serve(Echo)).await;
    let head = Head::new(SAY).with("grpc-encoding", "br");
    let answer = caller.call(&head, &[framed_note("x")]).await.answer();
    assert!(answer.trailers.is_none(), "{answer:?}");
    assert_eq!(
        answer.headers["grpc-accept-encoding"],
        "identity,gzip,deflate,zstd"
    );
}

#[tokio::test(start_paused = true)]
async fn a_header_list_over_the_limit_is_an_http_431() {
    let mut limits = Limits::default();
    limits.max_header_list = 1_000;
    let small = super::caller::serve_with(EchoServiceServer::new(Echo), limits);
    let fits = Head::new(SAY).with("x", "v".repeat(600));
    let exceeds = Head::new(SAY).with("x", "v".repeat(1_000));
    let many = (0..40).fold(Head::new(SAY), |head, n| head.with(format!("x-{n}"), ""));
    let rows = vec![
        Row::head("within", fits, Expect::Ok(X)),
        Row::head("one large value", exceeds, Expect::Http(431)),
        Row::head("many small ones", many, Expect::Http(431)),
    ];
    run_table(&small, rows).await;

    // 16 KiB by default, in one frame or several.
    let fits = Head::new(SAY).with("x", "v".repeat(15 * 1024));
    let exceeds = |size| Head::new(SAY).with("x", "v".repeat(size));
    let rows = vec![
        Row::head("15 KiB", fits, Expect::Ok(X)),
        Row::head("16 KiB", exceeds(16 * 1024), Expect::Http(431)),
        Row::head("20 KiB", exceeds(20 * 1024), Expect::Http(431)),
    ];
    run_table(&serve(Echo), rows).await;
}

/// A handler must not be run for a request that is answered without it.
#[tokio::test(start_paused = true)]
async fn a_refused_head_reaches_no_handler() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let server = serve(crate::support::say::Say(
        move |request: meshrpc::Request<crate::support::Note>| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(request.into_inner())
        },
    ));
    let caller = Caller::connect(&server).await;
    let message = super::head::framed(&prost_note("x"));
    for head in [
        Head::new(SAY).set(":method", "GET"),
        Head::new(SAY).set("content-type", "text/html"),
        Head::new(SAY).with("grpc-timeout", "soon"),
        Head::new(SAY).with("grpc-encoding", "br"),
        Head::new("/mesh.test.v1.EchoService/Say/"),
    ] {
        caller.call(&head, &[&message]).await;
    }
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    caller.call(&Head::new(SAY), &[&message]).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

/// To `h2` these are no headers at all.
#[tokio::test(start_paused = true)]
async fn a_head_that_can_not_be_read_ends_its_own_connection_only() {
    let server = serve(Echo);
    let other = Caller::connect(&server).await;
    let mut bystander = super::request_table::Bystander::join(&other).await;
    bystander.is_well().await.unwrap();
    for (what, head) in [
        ("no method", Head::new(SAY).set(":method", "")),
        (
            "two words as method",
            Head::new(SAY).set(":method", "NO METHOD"),
        ),
        ("a name in capitals", Head::new(SAY).with("X-Capital", "1")),
        ("a name of no characters", Head::new(SAY).with("", "1")),
        (
            "a line break in a value",
            Head::new(SAY).with("x", "a\r\nb: c"),
        ),
        ("a NUL in a value", Head::new(SAY).with("x", "a\0")),
    ] {
        let caller = Caller::connect(&server).await;
        let outcome = caller.call(&head, &[framed_note("x")]).await;
        let refused = matches!(
            outcome,
            super::caller::Outcome::Broken(_) | super::caller::Outcome::Reset(_)
        );
        assert!(refused, "{what}: {outcome:?}");
        bystander.is_well().await.unwrap();
    }
}
