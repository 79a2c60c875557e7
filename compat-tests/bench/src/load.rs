//! The closed loop that drives a client: so many connections with so many
//! callers each, every caller starting its next call when its last has ended.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use crate::{
    Error,
    histogram::Histogram,
    implementations::{Caller, Implementation},
    workload::{Operation, Workload},
};

/// What one run of the loop came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ran {
    /// Calls; of a stream, messages.
    pub(crate) calls: u64,
    pub(crate) elapsed: Duration,
    /// Of a call; of a stream, from the request to its end.
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// All callers, connected and ready.
pub(crate) struct Load<C> {
    callers: Vec<C>,
    operation: Operation,
}

impl<C: Caller> Load<C> {
    pub(crate) async fn connect<I>(workload: Workload, address: SocketAddr) -> Result<Self, Error>
    where
        I: Implementation<Caller = C>,
    {
        let (connections, outstanding) = workload.load();
        let mut callers = Vec::with_capacity(connections * outstanding);
        for _ in 0..connections {
            let caller = I::connect(address).await?;
            callers.extend((0..outstanding).map(|_| caller.clone()));
        }
        Ok(Self {
            callers,
            operation: workload.operation(),
        })
    }

    /// Runs for at least `window`; calls that were begun are finished and counted.
    pub(crate) async fn run(&mut self, window: Duration) -> Result<Ran, Error> {
        let histogram = Arc::new(Histogram::new());
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for caller in &self.callers {
            let caller = caller.clone();
            tasks.spawn(drive(
                caller,
                self.operation,
                begun + window,
                Arc::clone(&histogram),
            ));
        }
        let mut calls = 0;
        while let Some(result) = tasks.join_next().await {
            calls += result??;
        }
        Ok(Ran {
            calls,
            elapsed: begun.elapsed(),
            p50: histogram.quantile(0.5),
            p99: histogram.quantile(0.99),
        })
    }
}

/// One caller's loop. The end of a call is the beginning of the next, so the
/// clock is read once a call.
async fn drive(
    mut caller: impl Caller,
    operation: Operation,
    deadline: Instant,
    histogram: Arc<Histogram>,
) -> Result<u64, Error> {
    let mut payload = match operation {
        Operation::Echo { payload } => vec![7; payload],
        Operation::Stream(_) => Vec::new(),
    };
    let mut calls = 0;
    let mut begun = Instant::now();
    while begun < deadline {
        calls += match operation {
            Operation::Echo { payload: size } => {
                payload = caller.echo(payload).await?;
                if payload.len() != size {
                    let got = payload.len();
                    return Err(format!("an echo of {size} bytes came back as {got}").into());
                }
                1
            }
            Operation::Stream(stream) => {
                let received = caller.stream(stream).await?;
                if received != stream.messages {
                    let sent = stream.messages;
                    return Err(format!("{received} of a stream's {sent} messages arrived").into());
                }
                u64::from(received)
            }
        };
        let now = Instant::now();
        histogram.record(now - begun);
        begun = now;
    }
    Ok(calls)
}
