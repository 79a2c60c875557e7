//! Streams that the server breaks off (the negative HTTP/2 cases of gRPC's interop suite).

use h2::Reason;
use meshrpc::{Code, Limits, Status};

use super::raw::{self, Stream};
use crate::support::echo_service::EchoServiceClient;
use crate::support::{Note, note};

/// The outcome of a call that `server` answers.
async fn outcome<F>(server: impl FnOnce(Stream) -> F + Send + 'static) -> Result<Note, Status>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, target) = raw::listen().await;
    tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        let stream = raw::stream(&mut connection).await.unwrap();
        tokio::spawn(server(stream));
        while raw::stream(&mut connection).await.is_some() {}
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let answer = client.say(note(&"x".repeat(1_000))).await;
    answer.map(meshrpc::Response::into_inner)
}

#[tokio::test]
async fn a_reset_after_the_headers_fails_the_call() {
    let status = outcome(|mut stream| async move {
        let mut body = stream.respond.send_response(raw::head(), false).unwrap();
        body.send_reset(Reason::NO_ERROR);
    });
    assert_eq!(status.await.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn a_reset_within_the_message_fails_the_call() {
    let status = outcome(|mut stream| async move {
        let message = raw::read(stream.request.into_body()).await;
        let mut body = stream.respond.send_response(raw::head(), false).unwrap();
        body.send_data(message.slice(..message.len() / 2), false)
            .unwrap();
        tokio::task::yield_now().await;
        body.send_reset(Reason::NO_ERROR);
    });
    assert_eq!(status.await.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn a_reset_after_the_message_and_before_the_status_fails_the_call() {
    let status = outcome(|mut stream| async move {
        let message = raw::read(stream.request.into_body()).await;
        let mut body = stream.respond.send_response(raw::head(), false).unwrap();
        body.send_data(message, false).unwrap();
        tokio::task::yield_now().await;
        body.send_reset(Reason::NO_ERROR);
    });
    assert_eq!(status.await.unwrap_err().code(), Code::Internal);
}

#[tokio::test]
async fn codes_of_resets_are_told_apart() {
    for (reason, code) in [
        (Reason::CANCEL, Code::Cancelled),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
        (Reason::INTERNAL_ERROR, Code::Internal),
    ] {
        let status = outcome(move |mut stream| async move {
            stream.respond.send_reset(reason);
        });
        assert_eq!(status.await.unwrap_err().code(), code, "{reason:?}");
    }
}

#[tokio::test]
async fn pings_around_a_call_are_answered() {
    let (listener, target) = raw::listen().await;
    let server = tokio::spawn(async move {
        let mut connection = raw::accept(&listener).await;
        let mut pings = connection.ping_pong().unwrap();
        let (asked, answered) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            for _ in 0..5 {
                pings.ping(h2::Ping::opaque()).await.unwrap();
            }
            asked.send(()).unwrap();
        });
        let stream = raw::stream(&mut connection).await.unwrap();
        let call = tokio::spawn(async move {
            answered.await.unwrap();
            stream.echo().await;
        });
        while raw::stream(&mut connection).await.is_some() {}
        call.await.unwrap();
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    client.say(note("x")).await.unwrap();
    drop(client);
    server.await.unwrap();
}

#[tokio::test]
async fn padding_counts_against_the_window_and_does_not_stop_the_stream() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    // By hand, for `h2` sends no padding: 300 KB in frames of 5 bytes and 255 of padding.
    const FRAMES: usize = 20_000;
    let (listener, target) = raw::listen().await;
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (mut read, mut write) = socket.into_split();
        write.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        // What the client lets stream 1 send beyond its initial window, and that it began.
        let (allow, mut allowed) = tokio::sync::watch::channel(None);
        tokio::spawn(async move {
            read.read_exact(&mut [0; 24]).await.unwrap();
            loop {
                let mut head = [0; 9];
                if read.read_exact(&mut head).await.is_err() {
                    return;
                }
                let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
                read.read_exact(&mut payload).await.unwrap();
                match (head[3], head[8]) {
                    (1, 1) => allow.send_modify(|now| *now = Some(0)),
                    (8, 1) => {
                        let more = u32::from_be_bytes(payload.try_into().unwrap());
                        allow.send_modify(|now| *now = now.map(|now| now + more as usize));
                    }
                    _ => {}
                }
            }
        });
        allowed.wait_for(Option::is_some).await.unwrap();
        write.write_all(&[0, 0, 0, 4, 1, 0, 0, 0, 0]).await.unwrap();
        // :status 200, content-type: application/grpc.
        let mut block = vec![0x88, 0x0f, 0x10, 16];
        block.extend_from_slice(b"application/grpc");
        let mut frames = vec![0, 0, block.len() as u8, 1, 4, 0, 0, 0, 1];
        frames.extend_from_slice(&block);
        // One message: a Note of its text alone.
        let text = FRAMES * 5 - 5 - 4;
        let mut message = vec![0];
        message.extend_from_slice(&(text as u32 + 4).to_be_bytes());
        let varint = [
            text as u8 | 0x80,
            (text >> 7) as u8 | 0x80,
            (text >> 14) as u8,
        ];
        message.push(0x0a);
        message.extend_from_slice(&varint);
        message.resize(FRAMES * 5, b'x');
        let mut sent = 0;
        for part in message.chunks(5) {
            sent += 261;
            let initial = Limits::default().stream_window as usize;
            if allowed.borrow().unwrap() + initial < sent {
                write.write_all(&std::mem::take(&mut frames)).await.unwrap();
                let enough = |now: &Option<usize>| now.unwrap() + initial >= sent;
                allowed.wait_for(enough).await.unwrap();
            }
            frames.extend_from_slice(&[0, 1, 5, 0, 8, 0, 0, 0, 1, 255]);
            frames.extend_from_slice(part);
            frames.resize(frames.len() + 255, 0);
        }
        let mut block = vec![0x00, 11];
        block.extend_from_slice(b"grpc-status");
        block.extend_from_slice(&[1, b'0']);
        frames.extend_from_slice(&[0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1]);
        frames.extend_from_slice(&block);
        write.write_all(&frames).await.unwrap();
        std::future::pending::<()>().await;
    });
    let client = EchoServiceClient::connect(&target).await.unwrap();
    let answer = client.say(note("x")).await.unwrap();
    assert_eq!(answer.get_ref().text.len(), FRAMES * 5 - 9);
}
