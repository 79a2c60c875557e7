//! Statuses and options that must not be taken as they are.

use meshrpc::{CallRequest, CallResponse, Code, Interceptor, Limits, Next, Status};

use super::{Acts, client_to};
use crate::support::echo_service::EchoServiceServer;
use crate::support::note;
use crate::wire::answerer::client_of;
use crate::wire::caller::serve_with;
use crate::wire::soon;

struct PassOn;

impl Interceptor for PassOn {
    async fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        next.run(request).await
    }
}

/// An incomplete answer must not look complete.
#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_with_ok_is_internal() {
    let service = || {
        let acts = Acts::default()
            .say(|_| async { Err(Status::new(Code::Ok, "fine")) })
            .count(|note, out| {
                Box::pin(async move {
                    if note.text == "late" {
                        out.send(note).await?;
                    }
                    Err(Status::new(Code::Ok, "fine"))
                })
            });
        EchoServiceServer::new(acts)
    };
    for service in [service(), service().intercept(PassOn)] {
        let client = client_to(serve_with(service, Limits::default()));
        let unary = soon(client.say(note("x"))).await.unwrap_err();
        let early = soon(client.count(note("early"))).await.unwrap_err();
        let mut notes = soon(client.count(note("late"))).await.unwrap().into_inner();
        assert!(soon(notes.message()).await.unwrap().is_some());
        let late = soon(notes.message()).await.unwrap_err();
        for status in [unary, early, late] {
            assert_eq!(status.code(), Code::Internal, "{status:?}");
            assert!(status.message().contains("code is OK"), "{status:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_that_would_not_arrive_is_refused_by_its_key() {
    let client = client_of(|_, _| async { panic!("nothing is sent") });
    for (key, value, word) in [
        ("grpc-foo", "1", "reserved"),
        ("grpc-status", "0", "reserved"),
        ("user-agent", "mine", "reserved"),
        ("content-type", "text/html", "reserved"),
        ("te", "gzip", "reserved"),
        ("x-name", "gr\u{f6}\u{df}e", "visible ASCII"),
        ("x-name", "a\tb", "visible ASCII"),
    ] {
        let unary = client.say(note("x")).metadata(key, value).await;
        let (mut sender, reply) = client.chat().metadata(key, value).start();
        let sent = soon(sender.send(note("x"))).await;
        let reply = soon(reply).await;
        for status in [unary.err(), sent.err(), reply.err()] {
            let status = status.expect("refused");
            assert_eq!(status.code(), Code::Internal, "{key}: {status:?}");
            assert!(status.message().starts_with("client: "), "{status:?}");
            assert!(status.message().contains(key), "{status:?}");
            assert!(status.message().contains(word), "{status:?}");
        }
    }
}
