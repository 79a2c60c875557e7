//! A network in memory, for tests in which time is paused.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use meshrpc::client::{Address, Connecting, Connection, Connector};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

/// What the network does with an attempt to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A server takes it and answers calls.
    Serve,
    /// A server takes it, greets, and is silent from then on.
    Freeze,
    /// A server takes it, greets, and hangs up.
    HangUp,
    /// A server takes it, greets, and complains about too many pings.
    Complain,
    Refuse,
    /// Nothing ever comes.
    Hang,
}

/// A network that gives the answers it was told to, the last one for ever.
#[derive(Debug, Clone)]
pub struct Network(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    answers: VecDeque<Answer>,
    attempts: Vec<(Instant, String)>,
}

impl Network {
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(State {
            answers: answers.into_iter().collect(),
            attempts: Vec::new(),
        })))
    }

    /// When which address was tried.
    pub fn attempts(&self) -> Vec<(Instant, String)> {
        self.0.lock().unwrap().attempts.clone()
    }
}

impl Connector for Network {
    fn connect<'a>(&'a self, address: &'a Address) -> Connecting<'a> {
        Box::pin(async move {
            let answer = {
                let mut state = self.0.lock().unwrap();
                state.attempts.push((Instant::now(), address.to_string()));
                match state.answers.len() {
                    1 => state.answers[0],
                    _ => state.answers.pop_front().expect("a network has an answer"),
                }
            };
            let (ours, theirs) = tokio::io::duplex(1024 * 1024);
            match answer {
                Answer::Serve => drop(tokio::spawn(serve(theirs))),
                Answer::Freeze => drop(tokio::spawn(freeze(theirs))),
                Answer::Complain => drop(tokio::spawn(complain(theirs))),
                Answer::HangUp => drop(tokio::spawn(hang_up(theirs))),
                Answer::Refuse => return Err(io::Error::other("refused by the test")),
                Answer::Hang => std::future::pending().await,
            }
            Ok(Connection::new(ours))
        })
    }
}

async fn serve(io: DuplexStream) {
    if let Ok(mut connection) = h2::server::handshake(io).await {
        super::raw::serve(&mut connection).await;
    }
}

async fn freeze(io: DuplexStream) {
    let mut connection = h2::server::handshake(io).await.unwrap();
    // Polled until the client's settings are answered, and never again.
    let grace = std::time::Duration::from_millis(1);
    let _ = tokio::time::timeout(grace, connection.accept()).await;
    std::future::pending::<()>().await;
    drop(connection);
}

async fn hang_up(io: DuplexStream) {
    let mut connection = h2::server::handshake(io).await.unwrap();
    let grace = std::time::Duration::from_millis(1);
    let _ = tokio::time::timeout(grace, connection.accept()).await;
}

async fn complain(mut io: DuplexStream) {
    // SETTINGS, its acknowledgement, and GOAWAY of ENHANCE_YOUR_CALM with debug data.
    io.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    io.write_all(&[0, 0, 0, 4, 1, 0, 0, 0, 0]).await.unwrap();
    let goaway = [0, 0, 22, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    io.write_all(&goaway).await.unwrap();
    io.write_all(b"too_many_pings").await.unwrap();
}
