//! Interceptors, context, events and spans.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use meshrpc::{
    CallContext, CallRequest, CallResponse, CallSide, Channel, Code, Event, EventSink, Interceptor,
    Next, Payload, Request, Response, Sender, Status,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::support::echo_service::{EchoService, EchoServiceClient, EchoServiceServer};
use crate::support::{Echo, Note, note, serve, serve_with};

type Log = Arc<Mutex<Vec<String>>>;

struct Named(&'static str, Log);

impl Interceptor for Named {
    async fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        let (name, log) = (self.0, self.1.clone());
        log.lock()
            .unwrap()
            .push(format!("{name} {}", request.spec.method()));
        let response = next.run(request).await?;
        Ok(response.on_end(move |outcome| {
            let code = outcome.map_or_else(Status::code, |_| Code::Ok);
            log.lock().unwrap().push(format!("{name} {code:?}"));
        }))
    }
}

#[tokio::test]
async fn interceptors_run_in_order_on_both_sides_and_see_the_end_of_a_stream() {
    let log = Log::default();
    let server = serve_with(|server| {
        server
            .intercept(Named("server", log.clone()))
            .add_service(EchoServiceServer::new(Echo).intercept(Named("service", log.clone())))
    })
    .await;
    let channel = Channel::builder(&server.target)
        .intercept(Named("call", log.clone()))
        .intercept_attempts(Named("attempt", log.clone()))
        .connect()
        .await
        .unwrap();
    let client = EchoServiceClient::new(channel);
    let request = Note {
        text: "fail".into(),
        number: 2,
    };
    let mut notes = client.count(request).await.unwrap().into_inner();
    while notes.message().await.is_ok_and(|note| note.is_some()) {}
    let log = log.lock().unwrap().clone();
    assert_eq!(
        log[..4],
        [
            "call Count",
            "attempt Count",
            "server Count",
            "service Count"
        ]
    );
    let mut ends = log[4..].to_vec();
    ends.sort();
    assert_eq!(
        ends,
        [
            "attempt Aborted",
            "call Aborted",
            "server Aborted",
            "service Aborted"
        ]
    );
}

struct Answer;

impl Interceptor for Answer {
    async fn intercept(
        &self,
        request: CallRequest,
        next: Next<'_>,
    ) -> Result<CallResponse, Status> {
        match request.metadata.get("x-answer") {
            Some(_) => {
                let payload = Payload::copy_from_slice(b"\x0a\x06cached")?;
                let messages = meshrpc::Messages::one(payload);
                Ok(CallResponse::new(Default::default(), messages))
            }
            None => next.run(request).await,
        }
    }
}

#[tokio::test]
async fn an_interceptor_may_answer_by_itself() {
    let server = serve_with(|s| {
        s.intercept(Answer)
            .add_service(EchoServiceServer::new(Echo))
    })
    .await;
    let client = EchoServiceClient::new(Channel::connect(&server.target).await.unwrap());
    let answer = client
        .say(note("fail"))
        .metadata("x-answer", "1")
        .await
        .unwrap();
    assert_eq!(answer.get_ref().text, "cached");
    assert!(client.say(note("fail")).await.is_err());
}

/// Calls on to another server, as handlers do.
struct Hop(EchoServiceClient);

impl EchoService for Hop {
    async fn say(&self, request: Request<Note>) -> Result<Response<Note>, Status> {
        let note = request.into_inner();
        match note.text.as_str() {
            "detached" => self.0.say(self::note("deadline")).detach().await,
            "spawned" => {
                let call = self.0.say(self::note("deadline"));
                tokio::spawn(call).await.unwrap()
            }
            _ => self.0.say(note).await,
        }
    }
    async fn count(&self, request: Request<Note>, out: &mut Sender<Note>) -> Result<(), Status> {
        // After the headers left, so that the handler runs inside its stream of responses.
        out.send_headers().await?;
        out.send(self.0.say(request.into_inner()).await?.into_inner())
            .await
    }
    async fn collect(&self, _: Request<meshrpc::Receiver<Note>>) -> Result<Response<Note>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn chat(
        &self,
        _: Request<meshrpc::Receiver<Note>>,
        _: &mut Sender<Note>,
    ) -> Result<(), Status> {
        Err(Status::unimplemented(""))
    }
}

#[tokio::test]
async fn a_handlers_calls_inherit_the_deadline_unless_detached() {
    let back = serve().await;
    let onward = EchoServiceClient::new(Channel::connect(&back.target).await.unwrap());
    let front = serve_with(|s| s.add_service(EchoServiceServer::new(Hop(onward)))).await;
    let client = EchoServiceClient::new(Channel::connect(&front.target).await.unwrap());
    let limit = Duration::from_secs(20);
    for text in ["deadline", "spawned"] {
        let left = client
            .say(note(text))
            .timeout(limit)
            .await
            .unwrap()
            .into_inner()
            .number;
        assert!((1..=20_000).contains(&left), "{text}: {left}");
    }
    let left = client.say(note("detached")).timeout(limit).await.unwrap();
    assert_eq!(left.get_ref().number, -1);
    let mut notes = client
        .count(note("deadline"))
        .timeout(limit)
        .await
        .unwrap()
        .into_inner();
    let left = notes.message().await.unwrap().unwrap().number;
    assert!((1..=20_000).contains(&left), "in a stream: {left}");
}

/// Records calls, and the connections of one side.
#[derive(Clone)]
struct Recorder(Log, CallSide);

impl EventSink for Recorder {
    fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::CallStarted { side, spec, .. } => format!("{side:?} start {}", spec.method()),
            Event::CallEnded { side, code, .. } => format!("{side:?} end {code:?}"),
            Event::ConnectionOpened { side, .. } if *side == self.1 => {
                format!("{side:?} connection opened")
            }
            Event::ConnectionClosed { side, .. } if *side == self.1 => {
                format!("{side:?} connection closed")
            }
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn every_call_that_starts_ends_exactly_once() {
    let events = Recorder(Log::default(), CallSide::Server);
    let server = serve().await;
    let channel = Channel::builder(&server.target).events(events.clone());
    let client = EchoServiceClient::new(channel.connect().await.unwrap());

    client.say(note("ok")).await.unwrap();
    client.say(note("fail")).await.unwrap_err();
    client
        .say(note("sleep"))
        .timeout(Duration::from_millis(20))
        .await
        .unwrap_err();
    let mut notes = client
        .count(Note {
            text: "hang".into(),
            number: 1,
        })
        .await
        .unwrap()
        .into_inner();
    notes.message().await.unwrap();
    drop(notes);
    let sleeping = tokio::spawn(client.say(note("sleep")));
    tokio::task::yield_now().await;
    sleeping.abort();
    let _ = sleeping.await;

    let log = events.0.lock().unwrap().clone();
    assert_eq!(
        log,
        [
            "Client start Say",
            "Client end Ok",
            "Client start Say",
            "Client end FailedPrecondition",
            "Client start Say",
            "Client end DeadlineExceeded",
            "Client start Count",
            "Client end Cancelled",
            "Client start Say",
            "Client end Cancelled",
        ]
    );
}

/// Collects the fields of spans named `rpc`.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<u64, BTreeMap<String, String>>>>);

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        if attributes.metadata().target() == "meshrpc::call" {
            let mut spans = self.0.lock().unwrap();
            attributes.record(&mut Fields(spans.entry(id.into_u64()).or_default()));
        }
    }
    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        if let Some(fields) = self.0.lock().unwrap().get_mut(&id.into_u64()) {
            values.record(&mut Fields(fields));
        }
    }
}

#[tokio::test]
async fn a_call_is_one_span_on_each_side_and_one_trace_over_hops() {
    let back = serve().await;
    // While there is but one subscriber, `tracing` asks the thread that comes to a place first
    // whether it listens, and takes its answer for everybody's: another test's thread does not.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    let _default = tracing::subscriber::set_default(subscriber);
    let onward = EchoServiceClient::new(Channel::connect(&back.target).await.unwrap());
    let front = serve_with(|s| s.add_service(EchoServiceServer::new(Hop(onward)))).await;
    let client = EchoServiceClient::new(Channel::connect(&front.target).await.unwrap());
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    client
        .say(note("fail"))
        .metadata("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .await
        .unwrap_err();

    let spans: Vec<_> = spans.0.lock().unwrap().values().cloned().collect();
    assert_eq!(spans.len(), 4, "{spans:#?}");
    for span in &spans {
        assert_eq!(span["rpc.system"], "\"grpc\"");
        assert_eq!(span["rpc.service"], "\"mesh.test.v1.EchoService\"");
        assert_eq!(span["rpc.method"], "\"Say\"");
        assert_eq!(span["rpc.grpc.status_code"], "9");
    }
    // The first client's own span precedes the traceparent that was set by hand.
    let in_trace = spans
        .iter()
        .filter(|span| span.get("trace_id").is_some_and(|id| id == trace));
    assert_eq!(in_trace.count(), 3);
}

#[tokio::test]
async fn without_a_listener_a_trace_passes_through_untouched() {
    let context = CallContext::current();
    assert!(context.trace().is_none());
    let log = Log::default();
    struct SeeTrace(Log);
    impl Interceptor for SeeTrace {
        async fn intercept(
            &self,
            request: CallRequest,
            next: Next<'_>,
        ) -> Result<CallResponse, Status> {
            let parent = request.metadata.get("traceparent");
            self.0.lock().unwrap().push(format!("{parent:?}"));
            next.run(request).await
        }
    }
    let back = serve_with(|s| {
        s.intercept(SeeTrace(log.clone()))
            .add_service(EchoServiceServer::new(Echo))
    })
    .await;
    let onward = EchoServiceClient::new(Channel::connect(&back.target).await.unwrap());
    let front = serve_with(|s| s.add_service(EchoServiceServer::new(Hop(onward)))).await;
    let client = EchoServiceClient::new(Channel::connect(&front.target).await.unwrap());
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    client
        .say(note("x"))
        .metadata("traceparent", parent)
        .await
        .unwrap();
    assert_eq!(*log.lock().unwrap(), [format!("Some({parent:?})")]);
}

#[tokio::test]
async fn a_server_tells_of_each_connection_that_it_opens_and_closes() {
    let events = Recorder(Log::default(), CallSide::Server);
    let server = serve_with(|server| {
        server
            .events(events.clone())
            .add_service(EchoServiceServer::new(Echo))
    })
    .await;
    let client = EchoServiceClient::new(Channel::connect(&server.target).await.unwrap());
    client.say(note("x")).await.unwrap();
    drop(client);
    server.shutdown().await;
    let log = events.0.lock().unwrap().clone();
    assert_eq!(
        log,
        [
            "Server connection opened",
            "Server start Say",
            "Server end Ok",
            "Server connection closed",
        ]
    );
}
