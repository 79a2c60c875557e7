//! Response messages: how they are cut into frames, and what is wrong with them.

use meshrpc::Code;

use super::answerer::Reply;
use super::head::{flagged, framed, framed_note, prost_note};
use super::response_table::{Expect, Row, run_table};

/// A good response with these frames of data.
fn frames(frames: impl IntoIterator<Item = Vec<u8>>) -> Reply {
    frames
        .into_iter()
        .fold(Reply::new(), |reply, frame| reply.data(frame))
}

#[tokio::test(start_paused = true)]
async fn boundaries_of_data_frames_mean_nothing() {
    let x = framed_note("x");
    let more = Expect::Status(
        Code::Unimplemented,
        &["client", "more than one response message"],
    );
    let three = [framed_note("a"), framed_note("b"), framed_note("c")].concat();
    let bytes = |data: &[u8]| frames(data.iter().map(|byte| vec![*byte]));
    run_table(vec![
        Row::new("a byte a frame", bytes(&x).ok(), Expect::Ok(1)),
        Row::new(
            "header, then message",
            frames([x[..5].to_vec(), x[5..].to_vec()]).ok(),
            Expect::Ok(1),
        ),
        Row::new(
            "empty frames between",
            frames([vec![], x[..4].to_vec(), vec![], x[4..].to_vec(), vec![]]).ok(),
            Expect::Ok(1),
        ),
        Row::new("no bytes", frames([framed(b"")]).ok(), Expect::Ok(1)),
        Row::of_both(
            "three in a frame",
            frames([three.clone()]).ok(),
            more,
            Expect::Ok(3),
        ),
        Row::of_both(
            "three, a byte a frame",
            bytes(&three).ok(),
            more,
            Expect::Ok(3),
        ),
        Row::of_both(
            "a frame ends inside of a message",
            frames([three[..11].to_vec(), three[11..].to_vec()]).ok(),
            more,
            Expect::Ok(3),
        ),
        Row::new(
            "a field of later",
            frames([framed(&[prost_note("x"), vec![0x98, 0x06, 1]].concat())]).ok(),
            Expect::Ok(1),
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_method_of_one_response_has_exactly_one() {
    let none = Expect::Status(
        Code::Unimplemented,
        &["client", "no response message", "same contract?"],
    );
    let more = Expect::Status(
        Code::Unimplemented,
        &["client", "more than one response message", "same contract?"],
    );
    let failed = |reply: Reply| {
        reply
            .trailer("grpc-status", "9")
            .trailer("grpc-message", "its own")
    };
    let own = Expect::Status(Code::FailedPrecondition, &["its own"]);
    let (a, b) = (framed_note("a"), framed_note("b"));
    run_table(vec![
        Row::of_both("none", Reply::new().ok(), none, Expect::Ok(0)),
        Row::of_both(
            "none, in an empty frame",
            frames([vec![]]).ok(),
            none,
            Expect::Ok(0),
        ),
        Row::of_both(
            "two",
            frames([a.clone(), b.clone()]).ok(),
            more,
            Expect::Ok(2),
        ),
        Row::new("none, and an error", failed(Reply::new()), own),
        Row::new("one, and an error", failed(frames([a.clone()])), own),
        Row::of_both("two, and an error", failed(frames([a, b])), more, own),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_ends_inside_of_a_message_is_internal_unless_it_says_why() {
    let x = framed_note("x");
    let cut = Expect::Status(
        Code::Internal,
        &["client", "response ended in the middle of a message"],
    );
    let mut rows = Vec::new();
    for at in [1, 4, 5, 7] {
        let reply = frames([x[..at].to_vec()]);
        rows.push(Row::new(format!("{at} bytes"), reply.clone().ok(), cut));
        let why = reply
            .trailer("grpc-status", "14")
            .trailer("grpc-message", "going down");
        let expect = Expect::Status(Code::Unavailable, &["going down"]);
        rows.push(Row::new(format!("{at} bytes, and why"), why, expect));
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_can_not_be_read_is_internal() {
    let mut rows = Vec::new();
    for (flag, words) in [
        (1, &["client", "flagged as compressed", "no grpc-encoding"]),
        (2, &["client", "flag byte 2", "are these gRPC frames?"]),
        (b'<', &["client", "flag byte 60", "are these gRPC frames?"]),
    ] {
        let reply = frames([flagged(flag, &prost_note("x"))]).ok();
        rows.push(Row::new(
            format!("flag {flag}"),
            reply,
            Expect::Status(Code::Internal, words),
        ));
    }
    for (what, message) in [
        ("a length beyond the end", &[0x0a, 100, b'x'][..]),
        ("another wire type", &[0x08, 0x01]),
        ("text that is no UTF-8", &[0x0a, 2, 0xc3, 0x28]),
    ] {
        let words = &["does not parse as", "Note", "same contract?"];
        let reply = frames([framed(message)]).ok();
        rows.push(Row::new(what, reply, Expect::Status(Code::Internal, words)));
    }
    run_table(rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_receive_limit_names_side_limit_and_option() {
    let words = &["client", "4194304 bytes", "Limits::max_receive_message"];
    let too_large = Expect::Status(Code::ResourceExhausted, words);
    let over = vec![0; 4 * 1024 * 1024 + 1];
    let mut giant = frames([vec![0, 255, 255, 255, 255]]);
    let mut rows = vec![
        Row::new("4 MiB and a byte", frames([framed(&over)]).ok(), too_large),
        Row::new("a giant length and no body", giant.clone().ok(), too_large),
    ];
    giant = giant.data(vec![0; 100]);
    rows.push(Row::new(
        "a giant length and some of it",
        giant.ok(),
        too_large,
    ));
    let fits = prost_note(&"x".repeat(4 * 1024 * 1024 - 5));
    rows.push(Row::new(
        "4 MiB",
        frames([framed(&fits)]).ok(),
        Expect::Ok(1),
    ));
    run_table(rows).await;
}

#[cfg(feature = "gzip")]
#[tokio::test(start_paused = true)]
async fn a_compressed_response_is_checked_while_it_unfolds() {
    use super::request_frames::gzip;
    let reply = |message: &[u8]| {
        let head = Reply::new().header("grpc-encoding", "gzip");
        head.data(flagged(1, message)).ok()
    };
    let over = Expect::Status(
        Code::ResourceExhausted,
        &["client", "4194304", "decompressed"],
    );
    let bomb = Expect::Status(Code::ResourceExhausted, &["client", "bomb"]);
    let corrupt = Expect::Status(Code::Internal, &["client", "decompressed as gzip"]);
    run_table(vec![
        Row::new("good", reply(&gzip(&prost_note("x"))), Expect::Ok(1)),
        Row::new("a bomb", reply(&gzip(&vec![0; 64 * 1024 * 1024])), over),
        Row::new(
            "a small bomb",
            reply(&gzip(&vec![0; 3 * 1024 * 1024])),
            bomb,
        ),
        Row::new("no gzip", reply(&prost_note("x")), corrupt),
        Row::new("cut short", reply(&gzip(&prost_note("x"))[..12]), corrupt),
    ])
    .await;
}
