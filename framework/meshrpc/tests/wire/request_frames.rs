//! Request messages: how they are cut into frames, and what is wrong with them.

use meshrpc::prost::Message;
use meshrpc::{Code, Limits};

use super::caller::{Caller, serve, serve_with};
use super::head::{CHAT, COLLECT, COUNT, Head, SAY, X, flagged, framed, framed_note, prost_note};
use super::request_table::{Expect, Row, run_table};
use crate::support::{Echo, echo_service::EchoServiceServer};

/// The answer of `Collect`: a text and how many notes it is made of.
fn collected(text: &str, number: i32) -> &'static [u8] {
    let note = crate::support::Note {
        text: text.to_owned(),
        number,
    };
    framed(&Message::encode_to_vec(&note)).leak()
}

fn bytes_of(data: &[u8]) -> Vec<Vec<u8>> {
    data.iter().map(|byte| vec![*byte]).collect()
}

#[tokio::test(start_paused = true)]
async fn boundaries_of_data_frames_mean_nothing() {
    let abc = [framed_note("a"), framed_note("b"), framed_note("c")].concat();
    let empty = Vec::new();
    let rows = vec![
        Row::body("a byte a frame", SAY, bytes_of(X), Expect::Ok(X)),
        Row::body(
            "header, then message",
            SAY,
            vec![X[..5].to_vec(), X[5..].to_vec()],
            Expect::Ok(X),
        ),
        Row::body(
            "empty frames between",
            SAY,
            vec![
                empty.clone(),
                X[..3].to_vec(),
                empty.clone(),
                X[3..].to_vec(),
                empty.clone(),
            ],
            Expect::Ok(X),
        ),
        Row::body(
            "three messages in a frame",
            COLLECT,
            vec![abc.clone()],
            Expect::Ok(collected("abc", 3)),
        ),
        Row::body(
            "three messages, a byte a frame",
            COLLECT,
            bytes_of(&abc),
            Expect::Ok(collected("abc", 3)),
        ),
        Row::body(
            "a frame ends inside of a message",
            COLLECT,
            vec![abc[..11].to_vec(), abc[11..].to_vec()],
            Expect::Ok(collected("abc", 3)),
        ),
        Row::body(
            "end in a frame of its own",
            SAY,
            vec![X.to_vec(), empty.clone()],
            Expect::Ok(X),
        ),
        Row::body(
            "a message of no bytes",
            SAY,
            vec![framed(b"")],
            Expect::Ok(&[0; 5]),
        ),
        Row::body("no messages", COLLECT, vec![], Expect::Ok(&[0; 5])),
        Row::body(
            "no messages, and an end",
            COLLECT,
            vec![empty.clone()],
            Expect::Ok(&[0; 5]),
        ),
        Row::body(
            "no messages to a conversation",
            CHAT,
            vec![],
            Expect::Ok(b""),
        ),
    ];
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_ends_inside_of_a_message_is_internal() {
    let mut rows = Vec::new();
    for path in [SAY, COUNT, COLLECT, CHAT] {
        for (what, data) in [
            ("a part of the header", &X[..3]),
            ("the header alone", &X[..5]),
            ("a part of the message", &X[..7]),
            ("a whole message and a byte", &[0, 0, 0, 0, 0, 0]),
        ] {
            let words = &["server", "request ended in the middle of a message"];
            let expect = Expect::Status(Code::Internal, words);
            let name = format!("{path}: {what}");
            rows.push(Row::body(name, path, vec![data.to_vec()], expect));
        }
    }
    // A conversation has answered the whole message before.
    rows.pop();
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_flag_that_means_nothing_is_internal() {
    let mut rows = Vec::new();
    for path in [SAY, COUNT, COLLECT, CHAT] {
        for (flag, words) in [
            (1, &["server", "flagged as compressed", "no grpc-encoding"]),
            (2, &["server", "flag byte 2", "are these gRPC frames?"]),
            (128, &["server", "flag byte 128", "are these gRPC frames?"]),
            (255, &["server", "flag byte 255", "are these gRPC frames?"]),
        ] {
            let expect = Expect::Status(Code::Internal, words);
            let name = format!("{path}: {flag}");
            let pieces = vec![flagged(flag, &prost_note("x"))];
            rows.push(Row::body(name, path, pieces, expect));
        }
    }
    let mut row = Row::body(
        "1 with identity",
        SAY,
        vec![flagged(1, &prost_note("x"))],
        Expect::Status(Code::Internal, &["flagged as compressed"]),
    );
    row.head = row.head.with("grpc-encoding", "identity");
    rows.push(row);
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_method_of_one_request_takes_exactly_one() {
    let mut rows = Vec::new();
    for path in [SAY, COUNT] {
        let two = [framed_note("a"), framed_note("b")];
        for (what, pieces, word) in [
            ("headers alone", vec![], "no request message came"),
            ("an empty end", vec![vec![]], "no request message came"),
            ("two", two.to_vec(), "more than one request message came"),
            (
                "two in a frame",
                vec![two.concat()],
                "more than one request message came",
            ),
        ] {
            let words: &[_] = match word {
                "no request message came" => {
                    &["server", "no request message came", "same contract?"]
                }
                _ => &[
                    "server",
                    "more than one request message came",
                    "same contract?",
                ],
            };
            let name = format!("{path}: {what}");
            rows.push(Row::body(
                name,
                path,
                pieces,
                Expect::Status(Code::Unimplemented, words),
            ));
        }
    }
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_parse_is_internal() {
    let mut rows = Vec::new();
    for path in [SAY, COUNT, COLLECT, CHAT] {
        for (what, message) in [
            ("a length beyond the end", &[0x0a, 100, b'x'][..]),
            ("a tag without a value", &[0x0a]),
            (
                "an endless varint",
                &[0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
            ),
            ("field 0", &[0x00, 0x00]),
            ("another wire type", &[0x08, 0x01]),
            ("text that is no UTF-8", &[0x0a, 2, 0xc3, 0x28]),
        ] {
            let words = &["does not parse as", "Note", "same contract?"];
            let name = format!("{path}: {what}");
            let expect = Expect::Status(Code::Internal, words);
            rows.push(Row::body(name, path, vec![framed(message)], expect));
        }
    }
    // A field that is not known here is no mistake.
    let later = [prost_note("x"), vec![0x98, 0x06, 1]].concat();
    rows.push(Row::body(
        "a field of later",
        SAY,
        vec![framed(&later)],
        Expect::Ok(X),
    ));
    run_table(&serve(Echo), rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_receive_limit_names_side_limit_and_option() {
    const LIMIT: usize = 100;
    let service = EchoServiceServer::new(Echo).max_receive_message_size(LIMIT);
    let server = serve_with(service, Limits::default());
    let note = |len: usize| prost_note(&"x".repeat(len - 2));
    let mut rows = vec![Row::body(
        "at the limit",
        SAY,
        vec![framed(&note(LIMIT))],
        Expect::Ok(framed(&note(LIMIT)).leak()),
    )];
    for path in [SAY, COUNT, COLLECT, CHAT] {
        let words = &[
            "server",
            "101 bytes",
            "100 bytes",
            "max_receive_message_size",
        ];
        let expect = Expect::Status(Code::ResourceExhausted, words);
        rows.push(Row::body(
            path,
            path,
            vec![framed(&note(LIMIT + 1))],
            expect,
        ));
    }
    run_table(&server, rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_of_four_mebibytes_is_the_largest_by_default() {
    const LIMIT: usize = 4 * 1024 * 1024;
    let caller = Caller::connect(&serve(Echo)).await;
    let message = prost_note(&"x".repeat(LIMIT - 5));
    assert_eq!(message.len(), LIMIT);
    let answer = caller.call(&Head::new(SAY), &[framed(&message)]).await;
    assert_eq!(answer.answer().body.len(), LIMIT + 5);
    let message = prost_note(&"x".repeat(LIMIT - 4));
    let answer = caller.call(&Head::new(SAY), &[framed(&message)]).await;
    let answer = answer.answer();
    assert_eq!(answer.grpc_status(), Some(8));
    assert!(answer.grpc_message().contains("4194305"), "{answer:?}");
}

/// The rest of such a message is never waited for, let alone room made for it.
#[tokio::test(start_paused = true)]
async fn a_giant_length_is_refused_at_its_last_byte() {
    let caller = Caller::connect(&serve(Echo)).await;
    for path in [SAY, COUNT, COLLECT, CHAT] {
        let mut exchange = caller.open(&Head::new(path), false).await;
        for byte in [0, 255, 255, 255, 255] {
            exchange.data([byte], false);
        }
        let answer = exchange.outcome().await.answer();
        assert_eq!(answer.grpc_status(), Some(8), "{path}: {answer:?}");
        let message = answer.grpc_message();
        for word in [
            "server",
            "4294967295 bytes",
            "4194304",
            "max_receive_message_size",
        ] {
            assert!(message.contains(word), "{path}: {message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_of_a_request_are_passed_over() {
    let caller = Caller::connect(&serve(Echo)).await;
    let trailers = Head::bare().with("x-late", "1").with("grpc-status", "13");
    for (path, message, status) in [
        (SAY, &framed_note("x")[..], 0),
        (COUNT, &framed_note("x")[..], 0),
        (COLLECT, &framed_note("x")[..], 0),
        (CHAT, &framed_note("x")[..], 0),
        (COLLECT, b"", 0),
        (SAY, b"", 12),
        (SAY, &framed_note("x")[..4], 13),
    ] {
        let mut exchange = caller.open(&Head::new(path), false).await;
        exchange.data(message, false);
        exchange.trailers(&trailers);
        let answer = exchange.outcome().await.answer();
        assert_eq!(answer.grpc_status(), Some(status), "{path}: {answer:?}");
    }
}

#[cfg(feature = "gzip")]
pub use compressed::gzip;

#[cfg(feature = "gzip")]
mod compressed {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    pub fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn row(name: &str, path: &str, pieces: Vec<Vec<u8>>, expect: Expect) -> Row {
        let mut row = Row::body(format!("{path}: {name}"), path, pieces, expect);
        row.head = row.head.with("grpc-encoding", "gzip");
        row
    }

    #[tokio::test(start_paused = true)]
    async fn each_message_of_a_compressed_call_says_whether_it_is() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&prost_note("x")).unwrap();
        let zlib = zlib.finish().unwrap();
        let (one, plain) = (flagged(1, &gzip(&prost_note("a"))), framed_note("b"));
        let corrupt = Expect::Status(Code::Internal, &["server", "decompressed as gzip"]);
        let rows = vec![
            row(
                "compressed",
                SAY,
                vec![flagged(1, &gzip(&prost_note("x")))],
                Expect::Ok(X),
            ),
            row("not compressed", SAY, vec![framed_note("x")], Expect::Ok(X)),
            row(
                "both",
                COLLECT,
                vec![one.clone(), plain, one],
                Expect::Ok(collected("aba", 3)),
            ),
            row(
                "nothing, compressed",
                SAY,
                vec![flagged(1, &gzip(b""))],
                Expect::Ok(&[0; 5]),
            ),
            row(
                "nothing, flagged",
                SAY,
                vec![flagged(1, b"")],
                Expect::Ok(&[0; 5]),
            ),
            row("no gzip", SAY, vec![flagged(1, &prost_note("x"))], corrupt),
            row(
                "no gzip",
                COLLECT,
                vec![flagged(1, &prost_note("x"))],
                corrupt,
            ),
            row("zlib", SAY, vec![flagged(1, &zlib)], corrupt),
            row(
                "cut short",
                SAY,
                vec![flagged(1, &gzip(&prost_note("x"))[..12])],
                corrupt,
            ),
        ];
        run_table(&serve(Echo), rows).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_bomb_is_refused_while_it_unfolds() {
        let over = gzip(&vec![0; 64 * 1024 * 1024]);
        // Within the limit, but 1,000 times what came.
        let within = gzip(&vec![0; 3 * 1024 * 1024]);
        let mut rows = Vec::new();
        for path in [SAY, COUNT, COLLECT, CHAT] {
            let words: &[_] = &[
                "server",
                "4194304",
                "decompressed",
                "max_receive_message_size",
            ];
            let expect = Expect::Status(Code::ResourceExhausted, words);
            let mut incompressible = Vec::new();
            let mut seed = 1u32;
            for _ in 0..100_000 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                incompressible.push((seed >> 24) as u8);
            }
            incompressible.resize(5 * 1024 * 1024, 0);
            rows.push(row(
                "over the limit",
                path,
                vec![flagged(1, &gzip(&incompressible))],
                expect,
            ));
            rows.push(row("a bomb", path, vec![flagged(1, &over)], expect));
            let words: &[_] = &["server", "bomb", "uncompressed"];
            let expect = Expect::Status(Code::ResourceExhausted, words);
            rows.push(row("a small bomb", path, vec![flagged(1, &within)], expect));
        }
        run_table(&serve(Echo), rows).await;
    }
}
