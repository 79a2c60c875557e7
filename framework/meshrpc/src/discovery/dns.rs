//! Names that the operating system resolves.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;
use tonic::Status;

use crate::base::backoff::Backoff;
use crate::base::rt::{self, Instant, Rng};
use crate::base::{Address, Resolution, Resolutions, Resolver};

/// A name is not looked up again earlier than this, however often connections fail (as grpc-go):
/// a name server must not suffer from a service that is down.
const MIN_INTERVAL: Duration = Duration::from_secs(30);

/// How long one lookup may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// A lookup of `host:port`.
pub type Lookup = Arc<
    dyn Fn(&str) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync,
>;

/// A name behind which a lookup finds addresses: one endpoint for each.
///
/// The name is looked up when the channel is first used, and again when connections fail.
#[derive(Clone)]
pub struct Dns {
    name: Arc<str>,
    lookup: Lookup,
    rng: Arc<Rng>,
}

impl Dns {
    /// Resolves `name`, `host:port`, by `lookup`.
    pub fn new(name: impl Into<Arc<str>>, lookup: Lookup) -> Self {
        Self {
            name: name.into(),
            lookup,
            rng: Arc::new(Rng::from_os()),
        }
    }
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dns").field(&self.name).finish()
    }
}

impl Resolver for Dns {
    fn resolve(&self) -> Box<dyn Resolutions> {
        Box::new(Lookups {
            state: State::Start,
            backoff: Backoff::new(Arc::clone(&self.rng)),
            dns: self.clone(),
        })
    }
}

struct Lookups {
    dns: Dns,
    state: State,
    backoff: Backoff,
}

type Found = Pin<Box<dyn Future<Output = Option<io::Result<Vec<SocketAddr>>>> + Send>>;

enum State {
    Start,
    Looking(Found),
    /// Nothing to do until somebody asks, and then not before this.
    Known(Instant),
    /// Somebody asked, or the last lookup failed.
    Waiting(Pin<Box<Sleep>>),
}

impl Resolutions for Lookups {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Resolution, Status>> {
        loop {
            match &mut self.state {
                State::Start => {
                    let lookup = (self.dns.lookup)(&self.dns.name);
                    self.state = State::Looking(Box::pin(rt::timeout(LOOKUP_TIMEOUT, lookup)));
                }
                State::Looking(found) => {
                    let found = ready!(found.as_mut().poll(cx));
                    return Poll::Ready(self.found(found));
                }
                State::Known(_) => return Poll::Pending,
                State::Waiting(pause) => {
                    ready!(pause.as_mut().poll(cx));
                    self.state = State::Start;
                }
            }
        }
    }

    fn request(&mut self) {
        if let State::Known(not_before) = self.state {
            self.state = State::Waiting(Box::pin(rt::sleep_until(not_before)));
        }
    }
}

impl Lookups {
    fn found(&mut self, found: Option<io::Result<Vec<SocketAddr>>>) -> Result<Resolution, Status> {
        let name = &self.dns.name;
        let failure = match found {
            Some(Ok(addresses)) if !addresses.is_empty() => {
                self.backoff.reset();
                self.state = State::Known(rt::now() + MIN_INTERVAL);
                return Ok(Resolution::of(addresses.into_iter().map(Address::Ip)));
            }
            Some(Ok(_)) => format!("the name {name} has no addresses"),
            Some(Err(error)) => format!(
                "the name {name} can't be resolved: {error}; is it spelled right, and does this \
                 machine's resolver know it?"
            ),
            None => format!("resolving the name {name} took longer than {LOOKUP_TIMEOUT:?}"),
        };
        // Asked or not: without any address there is nothing to connect to.
        self.state = State::Waiting(Box::pin(rt::sleep(self.backoff.next())));
        Err(Status::unavailable(failure))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Mutex;

    use super::*;

    /// A resolver whose lookups yield `answers` one after the other.
    fn scripted(answers: Vec<io::Result<Vec<SocketAddr>>>) -> Box<dyn Resolutions> {
        let answers = Mutex::new(answers.into_iter());
        let lookup: Lookup = Arc::new(move |name| {
            assert_eq!(name, "orders:80");
            let answer = answers.lock().unwrap().next().expect("one lookup too many");
            Box::pin(std::future::ready(answer))
        });
        Dns::new("orders:80", lookup).resolve()
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    async fn next(resolutions: &mut dyn Resolutions) -> Result<Resolution, Status> {
        poll_fn(|cx| resolutions.poll_next(cx)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_again_only_when_asked_and_not_too_soon() {
        let (a, b) = (address("10.0.0.1:80"), address("10.0.0.2:80"));
        let mut dns = scripted(vec![Ok(vec![a]), Ok(vec![a, b])]);
        let start = rt::now();
        assert_eq!(next(&mut *dns).await.unwrap().endpoints.len(), 1);
        let hour = Duration::from_secs(3600);
        assert!(rt::timeout(hour, next(&mut *dns)).await.is_none());

        let mut dns = scripted(vec![Ok(vec![a]), Ok(vec![a, b])]);
        let begin = rt::now();
        assert!(begin > start);
        next(&mut *dns).await.unwrap();
        dns.request();
        let endpoints = next(&mut *dns).await.unwrap().endpoints;
        assert_eq!(endpoints[1].addresses, [Address::Ip(b)]);
        assert!(rt::now() - begin >= MIN_INTERVAL, "too soon");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_lookup_names_the_name_and_is_repeated() {
        let mut dns = scripted(vec![
            Err(io::Error::other("no such host")),
            Ok(vec![]),
            Ok(vec![address("10.0.0.1:80")]),
        ]);
        let status = next(&mut *dns).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable);
        for word in ["orders:80", "no such host"] {
            assert!(status.message().contains(word), "{status:?}");
        }
        let status = next(&mut *dns).await.unwrap_err();
        assert!(status.message().contains("no addresses"), "{status:?}");
        next(&mut *dns).await.unwrap();
    }
}
