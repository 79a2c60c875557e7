//! Resolver, balancer and connector of a user's own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use meshrpc::balance::{
    Balancer, ChannelControl, ConnectivityState, Pick, PickArgs, Picker, Policy, Subchannel,
    SubchannelId,
};
use meshrpc::client::Address;
use meshrpc::discovery::{Resolution, Resolutions, Resolver, Static};
use meshrpc::{Channel, Code, Status};
use tokio::sync::mpsc;

use crate::support::echo_service::EchoServiceClient;
use crate::support::{Note, Running, note, serve};

/// What pickers were told at the end of attempts: the code, and a trailer.
type Told = Arc<Mutex<Vec<(Code, Option<String>)>>>;

/// Each call to the next one.
#[derive(Debug, Default, Clone)]
struct RoundRobin {
    told: Told,
}

impl Policy for RoundRobin {
    fn name(&self) -> &'static str {
        "test_round_robin"
    }

    fn balancer(&self) -> Box<dyn Balancer> {
        Box::new(Rounds {
            told: Arc::clone(&self.told),
            all: Vec::new(),
            ready: Vec::new(),
        })
    }
}

struct Rounds {
    told: Told,
    all: Vec<Arc<dyn Subchannel>>,
    ready: Vec<Arc<dyn Subchannel>>,
}

impl Balancer for Rounds {
    fn resolved(&mut self, resolution: Resolution, channel: &mut dyn ChannelControl) {
        let addresses = resolution.endpoints.into_iter().flat_map(|e| e.addresses);
        self.all = addresses.map(|a| channel.subchannel(a)).collect();
        self.all.iter().for_each(|subchannel| subchannel.connect());
    }

    fn resolver_failed(&mut self, _: Status, _: &mut dyn ChannelControl) {}

    fn subchannel_changed(
        &mut self,
        id: SubchannelId,
        state: ConnectivityState,
        channel: &mut dyn ChannelControl,
    ) {
        self.ready.retain(|subchannel| subchannel.id() != id);
        let changed = self.all.iter().find(|subchannel| subchannel.id() == id);
        match state {
            ConnectivityState::Ready => self.ready.extend(changed.cloned()),
            ConnectivityState::Idle => changed.unwrap().connect(),
            _ => {}
        }
        if self.ready.len() == self.all.len() {
            let picker = Next {
                told: Arc::clone(&self.told),
                ready: self.ready.clone(),
                next: AtomicUsize::new(0),
            };
            channel.publish(ConnectivityState::Ready, Arc::new(picker));
        }
    }

    fn exit_idle(&mut self, _: &mut dyn ChannelControl) {}
}

struct Next {
    told: Told,
    ready: Vec<Arc<dyn Subchannel>>,
    next: AtomicUsize,
}

impl Picker for Next {
    fn pick(&self, args: &PickArgs<'_>) -> Pick {
        assert_eq!(args.spec.service(), "mesh.test.v1.EchoService");
        if args.metadata.contains_key("x-drop") {
            return Pick::Drop(Status::unavailable("dropped on purpose"));
        }
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.ready.len();
        let told = Arc::clone(&self.told);
        Pick::Complete {
            subchannel: Arc::clone(&self.ready[next]),
            on_done: Some(Box::new(move |outcome| {
                let trailer = outcome.trailers.and_then(|t| t.get("x-trailing"));
                let trailer = trailer.map(|value| value.to_str().unwrap().to_owned());
                told.lock().unwrap().push((outcome.code, trailer));
            })),
        }
    }
}

/// A client over `RoundRobin` of two servers.
async fn balanced() -> (EchoServiceClient, Told, [Running; 2]) {
    let servers = [serve().await, serve().await];
    let policy = RoundRobin::default();
    let told = Arc::clone(&policy.told);
    let channel = Channel::builder("http://orders.internal")
        .resolver(Static::new(servers.each_ref().map(address)))
        .balancer(policy)
        .connect()
        .await
        .unwrap();
    (EchoServiceClient::new(channel), told, servers)
}

fn address(server: &Running) -> Address {
    let address = server.target.trim_start_matches("http://");
    Address::Ip(address.parse().unwrap())
}

#[tokio::test]
async fn a_users_balancer_is_told_once_how_each_attempt_ended() {
    let (client, told, _servers) = balanced().await;
    client
        .say(note("x"))
        .metadata("x-key", "load=1")
        .await
        .unwrap();
    client.say(note("fail")).await.unwrap_err();
    let request = Note {
        text: "n".to_owned(),
        number: 3,
    };
    let mut notes = client.count(request.clone()).await.unwrap().into_inner();
    assert_eq!(
        told.lock().unwrap().len(),
        2,
        "a stream's end is not its head"
    );
    while notes.message().await.unwrap().is_some() {}
    // A stream that nobody wants any more has ended, too.
    drop(client.count(request).await.unwrap());
    let unary = tokio::time::timeout(
        std::time::Duration::from_millis(20),
        client.say(note("sleep")),
    );
    unary.await.unwrap_err();
    let told = told.lock().unwrap().clone();
    assert_eq!(
        told,
        [
            (Code::Ok, Some("load=1".to_owned())),
            (Code::FailedPrecondition, None),
            (Code::Ok, Some("done".to_owned())),
            (Code::Cancelled, None),
            (Code::Cancelled, None),
        ]
    );
}

#[tokio::test]
async fn a_picker_may_drop_a_call() {
    let (client, told, _servers) = balanced().await;
    let call = client
        .say(note("x"))
        .metadata("x-drop", "1")
        .wait_for_ready();
    assert_eq!(call.await.unwrap_err().message(), "dropped on purpose");
    assert!(told.lock().unwrap().is_empty());
}

/// A resolver that is told what to find.
#[derive(Debug)]
struct Script(Mutex<Option<mpsc::UnboundedReceiver<Resolution>>>);

struct Finds(mpsc::UnboundedReceiver<Resolution>);

impl Resolver for Script {
    fn resolve(&self) -> Box<dyn Resolutions> {
        Box::new(Finds(self.0.lock().unwrap().take().unwrap()))
    }
}

impl Resolutions for Finds {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Resolution, Status>> {
        match self.0.poll_recv(cx) {
            Poll::Ready(Some(found)) => Poll::Ready(Ok(found)),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn a_channel_moves_when_its_resolver_says_so() {
    let (before, after) = (serve().await, serve().await);
    let (find, found) = mpsc::unbounded_channel();
    find.send(Resolution::of([address(&before)])).unwrap();
    let channel = Channel::builder("http://orders.internal")
        .resolver(Script(Mutex::new(Some(found))))
        .connect()
        .await
        .unwrap();
    let client = EchoServiceClient::new(channel);
    client.say(note("x")).await.unwrap();
    // Under way while the channel moves, and finished where it began.
    let (mut sender, reply) = client.chat().start();
    sender.send(note("first")).await.unwrap();
    let mut notes = reply.await.unwrap().into_inner();
    notes.message().await.unwrap().unwrap();
    find.send(Resolution::of([address(&after)])).unwrap();
    after_drained(before, &client, async move {
        sender.send(note("second")).await.unwrap();
        sender.finish().await.unwrap();
        assert_eq!(notes.message().await.unwrap().unwrap().text, "second");
        assert!(notes.message().await.unwrap().is_none());
    })
    .await;
}

/// Calls until the server has ended for good, which it does when `rest` has.
async fn after_drained(
    server: Running,
    client: &EchoServiceClient,
    rest: impl Future<Output = ()>,
) {
    let ended = tokio::spawn(server.shutdown());
    client.say(note("x")).wait_for_ready().await.unwrap();
    rest.await;
    ended.await.unwrap();
    client.say(note("x")).await.unwrap();
}
