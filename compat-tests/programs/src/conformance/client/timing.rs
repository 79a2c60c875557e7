//! When a call is to be cancelled.

use std::time::Duration;

use meshrpc::Status;

use crate::contracts::connectrpc::conformance::v1::ClientCompatRequest;
use crate::contracts::connectrpc::conformance::v1::client_compat_request::cancel::CancelTiming;

/// The moment of a call at which it is given up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timing {
    /// In place of the end of the requests.
    pub(super) before_close_send: bool,
    /// So long after the end of the requests.
    after_close_send: Option<Duration>,
    /// Once so many responses were read.
    pub(super) after_responses: Option<usize>,
}

impl Timing {
    pub(super) fn of(asked: &ClientCompatRequest) -> Self {
        let Some(cancel) = &asked.cancel else {
            return Self::default();
        };
        match &cancel.cancel_timing {
            Some(CancelTiming::BeforeCloseSend(())) => Self {
                before_close_send: true,
                ..Self::default()
            },
            Some(CancelTiming::AfterNumResponses(count)) => Self {
                after_responses: Some(*count as usize),
                ..Self::default()
            },
            Some(CancelTiming::AfterCloseSendMs(millis)) => Self::after_close_send(*millis),
            None => Self::after_close_send(0),
        }
    }

    fn after_close_send(millis: u32) -> Self {
        Self {
            after_close_send: Some(Duration::from_millis(millis.into())),
            ..Self::default()
        }
    }

    /// Runs what comes after the end of the requests, but drops it when it is time: dropping
    /// is how a call is cancelled. Nobody is left then to say CANCELLED but the caller.
    pub(super) async fn limit(
        self,
        rest: impl Future<Output = Result<(), Status>>,
    ) -> Result<(), Status> {
        match self.after_close_send {
            Some(after) => tokio::time::timeout(after, rest)
                .await
                .unwrap_or_else(|_| Err(given_up())),
            None => rest.await,
        }
    }
}

/// What a caller says of a call that it dropped.
pub(super) fn given_up() -> Status {
    Status::cancelled("the caller dropped the call")
}
