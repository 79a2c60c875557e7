//! Tables of responses: what our client makes of each, in every kind of call.

use meshrpc::metadata::MetadataMap;
use meshrpc::{Code, ResponseExt, Status};

use super::answerer::{Reply, Scripted};
use super::head::framed_note;
use crate::support::echo_service::EchoServiceClient;
use crate::support::{Note, note};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

impl Kind {
    pub const ALL: [Self; 4] = [
        Self::Unary,
        Self::ServerStreaming,
        Self::ClientStreaming,
        Self::Bidi,
    ];

    /// Whether the method has any number of response messages.
    pub fn streams(self) -> bool {
        matches!(self, Self::ServerStreaming | Self::Bidi)
    }
}

/// How a call went.
#[derive(Debug)]
pub struct Got {
    pub headers: MetadataMap,
    pub notes: Vec<Note>,
    pub end: Result<MetadataMap, Status>,
}

impl Got {
    fn failed(status: Status) -> Self {
        Self {
            headers: MetadataMap::new(),
            notes: Vec::new(),
            end: Err(status),
        }
    }

    #[track_caller]
    pub fn status(&self) -> &Status {
        match &self.end {
            Err(status) => status,
            Ok(_) => panic!("it went well: {self:?}"),
        }
    }
}

/// Makes a call of one kind, with one request message, and reads it to its end.
pub async fn call(client: &EchoServiceClient, kind: Kind) -> Got {
    let x = || note("x");
    let stream = tokio_stream::once(x());
    let single = match kind {
        Kind::Unary => client.say(x()).await,
        Kind::ClientStreaming => client.collect().send_all(stream).await,
        Kind::ServerStreaming | Kind::Bidi => {
            let response = match kind {
                Kind::ServerStreaming => client.count(x()).await,
                _ => client.chat().send_all(stream).await,
            };
            return match response {
                Err(status) => Got::failed(status),
                Ok(response) => {
                    let (headers, mut messages, _) = response.into_parts();
                    let mut notes = Vec::new();
                    let end = loop {
                        match messages.message().await {
                            Ok(Some(note)) => notes.push(note),
                            Ok(None) => break Ok(messages.trailers().unwrap().clone()),
                            Err(status) => break Err(status),
                        }
                    };
                    Got {
                        headers,
                        notes,
                        end,
                    }
                }
            };
        }
    };
    match single {
        Err(status) => Got::failed(status),
        Ok(response) => {
            let trailers = response.trailers().clone();
            let (headers, note, _) = response.into_parts();
            Got {
                headers,
                notes: vec![note],
                end: Ok(trailers),
            }
        }
    }
}

/// What a table says about a response.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// A success with so many messages.
    Ok(usize),
    /// A status, and words that its message has.
    Status(Code, &'static [&'static str]),
}

impl Expect {
    fn check(self, got: &Got) -> Result<(), String> {
        match (self, &got.end) {
            (Self::Ok(notes), Ok(_)) if got.notes.len() == notes => Ok(()),
            (Self::Status(code, words), Err(status)) if status.code() == code => {
                match words.iter().find(|word| !status.message().contains(**word)) {
                    Some(word) => Err(format!("{:?} lacks {word:?}", status.message())),
                    None => Ok(()),
                }
            }
            _ => Err(format!("expected {self:?}, got {got:?}")),
        }
    }
}

/// A response and what it is to our client.
pub struct Row {
    pub name: String,
    pub reply: Reply,
    /// For methods with one response message.
    pub single: Expect,
    /// For methods with a stream of them.
    pub stream: Expect,
}

impl Row {
    pub fn new(name: impl Into<String>, reply: Reply, expect: Expect) -> Self {
        Self::of_both(name, reply, expect, expect)
    }

    pub fn of_both(name: impl Into<String>, reply: Reply, single: Expect, stream: Expect) -> Self {
        Self {
            name: name.into(),
            reply,
            single,
            stream,
        }
    }
}

/// Has calls of every kind answered as a table says, one after the other on one connection,
/// which must stay good for other calls; tells every row that failed.
pub async fn run_table(rows: Vec<Row>) {
    let server = Scripted::new();
    let mut failures = Vec::new();
    for row in rows {
        for kind in Kind::ALL {
            let patience = std::time::Duration::from_secs(30);
            let got = server.call(kind, row.reply.clone());
            let checked = match tokio::time::timeout(patience, got).await {
                Err(_) => Err("never ended".to_owned()),
                Ok(got) if kind.streams() => row.stream.check(&got),
                Ok(got) => row.single.check(&got),
            };
            if let Err(failure) = checked {
                failures.push(format!("{}, {kind:?}: {failure}", row.name));
            }
            let good = Reply::new().data(framed_note("good")).ok();
            let got = server.call(Kind::Unary, good).await;
            if got.end.is_err() {
                failures.push(format!(
                    "{}, {kind:?}: broke the next call: {got:?}",
                    row.name
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(server.connections(), 1, "the connection was given up");
}
