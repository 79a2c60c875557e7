//! Tables of requests: what our server makes of each.

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use meshrpc::testing::PipeConnector;

use super::caller::{Caller, Outcome, data};
use super::head::{CHAT, Head, framed_note};
use super::soon;

/// What a table says about a request.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// An answer of status OK with these bytes.
    Ok(&'static [u8]),
    /// A gRPC status in an HTTP 200, and words that its message has.
    Status(meshrpc::Code, &'static [&'static str]),
    /// HTTP's status, and no gRPC.
    Http(u16),
    Reset(Reason),
}

impl Expect {
    /// Compares; the error says what is wrong.
    pub fn check(self, outcome: &Outcome) -> Result<(), String> {
        let unlike = || Err(format!("expected {self:?}, got {outcome:?}"));
        match (self, outcome) {
            (Self::Reset(reason), Outcome::Reset(got)) if *got == reason => Ok(()),
            (Self::Http(http), Outcome::Answer(answer))
                if answer.http == http && answer.grpc_status().is_none() =>
            {
                Ok(())
            }
            (Self::Ok(body), Outcome::Answer(answer))
                if answer.http == 200 && answer.grpc_status() == Some(0) && answer.body == body =>
            {
                Ok(())
            }
            (Self::Status(code, words), Outcome::Answer(answer))
                if answer.http == 200
                    && answer.headers["content-type"] == "application/grpc"
                    && answer.grpc_status().map(i32::from) == Some(code as i32) =>
            {
                match words.iter().find(|w| !answer.grpc_message().contains(**w)) {
                    Some(word) => Err(format!("{:?} lacks {word:?}", answer.grpc_message())),
                    None => Ok(()),
                }
            }
            (_, Outcome::Broken(error)) => Err(format!("expected {self:?}, not {error}")),
            _ => unlike(),
        }
    }
}

/// A call that goes on beside others, on the same connection.
pub struct Bystander {
    request: SendStream<Bytes>,
    response: Option<ResponseFuture>,
    body: Option<RecvStream>,
}

impl Bystander {
    pub async fn join(caller: &Caller) -> Self {
        let exchange = caller.open(&Head::new(CHAT), false).await;
        Self {
            request: exchange.request,
            response: Some(exchange.response),
            body: None,
        }
    }

    /// Says something and hears it back.
    pub async fn is_well(&mut self) -> Result<(), h2::Error> {
        let said = framed_note("still here");
        self.request.send_data(said.clone().into(), false)?;
        if let Some(response) = self.response.take() {
            self.body = Some(soon(response).await?.into_body());
        }
        let body = self.body.as_mut().expect("set above");
        let mut heard = Vec::new();
        while heard.len() < said.len() {
            let data = soon(data(body)).await;
            heard.extend_from_slice(&data.expect("the call goes on")?);
        }
        assert_eq!(heard, said);
        Ok(())
    }
}

/// Sends the requests of a table, one after the other on one connection, on which another call
/// goes on; tells every row that failed.
pub async fn run_table(to: &PipeConnector, rows: Vec<Row>) {
    let caller = Caller::connect(to).await;
    let mut bystander = Bystander::join(&caller).await;
    let mut failures = Vec::new();
    for row in rows {
        let patience = std::time::Duration::from_secs(30);
        let outcome = tokio::time::timeout(patience, caller.call(&row.head, &row.pieces)).await;
        let checked = match outcome {
            Err(_) => Err("never answered".to_owned()),
            Ok(outcome) => row.expect.check(&outcome),
        };
        if let Err(failure) = checked {
            failures.push(format!("{}: {failure}", row.name));
        }
        if let Err(error) = bystander.is_well().await {
            failures.push(format!("{}: broke the call beside it: {error}", row.name));
            break;
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A request and what it leads to.
pub struct Row {
    pub name: String,
    pub head: Head,
    pub pieces: Vec<Vec<u8>>,
    pub expect: Expect,
}

impl Row {
    /// A unary request with one good message.
    pub fn head(name: impl Into<String>, head: Head, expect: Expect) -> Self {
        Self {
            name: name.into(),
            head,
            pieces: vec![framed_note("x")],
            expect,
        }
    }

    pub fn body(name: impl Into<String>, path: &str, pieces: Vec<Vec<u8>>, expect: Expect) -> Self {
        Self {
            name: name.into(),
            head: Head::new(path),
            pieces,
            expect,
        }
    }
}
