//! One channel under load for a while.

use std::time::Duration;

use meshrpc::Status;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Outcome, check, has_size, size, zeros};
use crate::Failure;
use crate::contracts::grpc::testing::SimpleRequest;
use crate::contracts::grpc::testing::test_service::TestServiceClient;
use crate::flags::Flags;

/// How long and how hard, by the flags that all languages' programs share.
#[derive(Debug, Clone, Copy)]
pub struct Soak {
    iterations: usize,
    max_failures: usize,
    max_latency: Duration,
    overall_timeout: Duration,
    pause: Duration,
    tasks: usize,
    request_size: usize,
    response_size: usize,
}

impl Soak {
    /// The flags and their usual defaults.
    pub const FLAGS: &[(&str, &str)] = &[
        ("soak_iterations", "10"),
        ("soak_max_failures", "0"),
        ("soak_per_iteration_max_acceptable_latency_ms", "1000"),
        ("soak_overall_timeout_seconds", "10"),
        ("soak_min_time_ms_between_rpcs", "0"),
        ("soak_num_threads", "1"),
        ("soak_request_size", "271828"),
        ("soak_response_size", "314159"),
    ];

    /// Reads them.
    ///
    /// # Errors
    /// When one is no number, by its name.
    pub fn from_flags(flags: &Flags) -> Result<Self, String> {
        let millis = |name| flags.value(name).map(Duration::from_millis);
        Ok(Self {
            iterations: flags.value("soak_iterations")?,
            max_failures: flags.value("soak_max_failures")?,
            max_latency: millis("soak_per_iteration_max_acceptable_latency_ms")?,
            overall_timeout: flags
                .value("soak_overall_timeout_seconds")
                .map(Duration::from_secs)?,
            pause: millis("soak_min_time_ms_between_rpcs")?,
            tasks: flags.value::<usize>("soak_num_threads")?.max(1),
            request_size: flags.value("soak_request_size")?,
            response_size: flags.value("soak_response_size")?,
        })
    }
}

pub(super) async fn soak(client: &TestServiceClient, soak: &Soak) -> Outcome {
    let start = Instant::now();
    let soak = *soak;
    let mut tasks = JoinSet::new();
    for task in 0..soak.tasks {
        let client = client.clone();
        let share = (soak.iterations + task) / soak.tasks;
        tasks.spawn(async move {
            let mut failures = Vec::new();
            for _ in 0..share {
                let next = Instant::now() + soak.pause;
                if let Err(failure) = one(&client, &soak).await {
                    failures.push(failure);
                }
                tokio::time::sleep_until(next).await;
            }
            failures
        });
    }
    let done = tokio::time::timeout(soak.overall_timeout, tasks.join_all());
    let failures: Vec<Failure> = done
        .await
        .map_err(|_| format!("not done after {:?}", soak.overall_timeout))?
        .into_iter()
        .flatten()
        .collect();
    let (count, total) = (failures.len(), soak.iterations);
    eprintln!(
        "{total} calls by {} tasks, {count} failed, in {:?}",
        soak.tasks,
        start.elapsed()
    );
    check(count <= soak.max_failures, || {
        let first = failures.first().map(ToString::to_string);
        format!(
            "{count} of {total} calls failed, the first with: {}",
            first.unwrap_or_default()
        )
    })
}

async fn one(client: &TestServiceClient, soak: &Soak) -> Outcome {
    let start = Instant::now();
    let request = SimpleRequest {
        response_size: size(soak.response_size),
        payload: Some(zeros(soak.request_size)),
        ..Default::default()
    };
    let response = client.unary_call(request).await?;
    has_size(response.get_ref().payload.as_ref(), soak.response_size)?;
    check(start.elapsed() <= soak.max_latency, || {
        format!(
            "a call took {:?}, more than {:?}",
            start.elapsed(),
            soak.max_latency
        )
    })
}

/// A thousand large calls at once on one connection.
pub(super) async fn concurrent_large(client: &TestServiceClient) -> Outcome {
    let mut calls = JoinSet::new();
    for _ in 0..1000 {
        let call = client.unary_call(super::large_request());
        calls.spawn(async move { call.await.map(drop) });
    }
    let failed: Vec<Status> = calls
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    check(failed.is_empty(), || {
        format!(
            "{} of 1000 calls failed, the first with {:?}",
            failed.len(),
            failed.first()
        )
    })
}
