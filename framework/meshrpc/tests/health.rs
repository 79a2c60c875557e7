//! The health service, as its clients see it.

use std::time::Duration;

use meshrpc::health::{
    HealthCheckRequest, HealthCheckResponse, HealthClient, HealthListRequest, HealthReporter,
    ServingStatus,
};
use meshrpc::{Channel, Code, Receiver};

use crate::support::{Running, serve_with};

async fn health() -> (Running, HealthReporter, HealthClient) {
    let (reporter, service) = meshrpc::health::service();
    let server = serve_with(|server| server.add_service(service)).await;
    let channel = Channel::connect(&server.target).await.unwrap();
    (server, reporter, HealthClient::new(channel))
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

async fn next(watch: &mut Receiver<HealthCheckResponse>) -> Option<ServingStatus> {
    let message = tokio::time::timeout(Duration::from_secs(10), watch.message());
    let message = message.await.expect("a change arrives").unwrap();
    message.map(|message| message.status())
}

#[tokio::test]
async fn a_check_tells_what_is_set_and_not_found_otherwise() {
    let (_server, reporter, client) = health().await;
    let check = async |service| match client.check(of(service)).await {
        Ok(response) => Ok(response.get_ref().status()),
        Err(status) => Err(status.code()),
    };
    assert_eq!(check("").await, Ok(ServingStatus::Serving));
    assert_eq!(check("a.B").await, Err(Code::NotFound));
    reporter.set_not_serving("a.B");
    assert_eq!(check("a.B").await, Ok(ServingStatus::NotServing));
    reporter.set_serving("a.B");
    assert_eq!(check("a.B").await, Ok(ServingStatus::Serving));
    reporter.clear("a.B");
    assert_eq!(check("a.B").await, Err(Code::NotFound));
}

#[tokio::test]
async fn a_watch_of_an_unknown_service_waits_until_it_is_known() {
    let (_server, reporter, client) = health().await;
    let mut watch = client.watch(of("a.B")).await.unwrap().into_inner();
    assert_eq!(next(&mut watch).await, Some(ServingStatus::ServiceUnknown));
    reporter.set_serving("a.B");
    assert_eq!(next(&mut watch).await, Some(ServingStatus::Serving));
    reporter.clear("a.B");
    assert_eq!(next(&mut watch).await, Some(ServingStatus::ServiceUnknown));
}

#[tokio::test]
async fn a_watch_tells_changes_of_its_service_only_and_once() {
    let (_server, reporter, client) = health().await;
    reporter.set_serving("a.B");
    let mut watch = client.watch(of("a.B")).await.unwrap().into_inner();
    assert_eq!(next(&mut watch).await, Some(ServingStatus::Serving));
    reporter.set_not_serving("other");
    reporter.set_serving("a.B");
    reporter.set_not_serving("a.B");
    assert_eq!(next(&mut watch).await, Some(ServingStatus::NotServing));
}

#[tokio::test]
async fn at_shutdown_watchers_hear_not_serving_and_then_the_end() {
    let (server, reporter, client) = health().await;
    reporter.set_serving("a.B");
    let mut known = client.watch(of("a.B")).await.unwrap().into_inner();
    let mut unknown = client.watch(of("c.D")).await.unwrap().into_inner();
    assert_eq!(next(&mut known).await, Some(ServingStatus::Serving));
    assert_eq!(
        next(&mut unknown).await,
        Some(ServingStatus::ServiceUnknown)
    );
    server.shutdown().await;
    assert_eq!(next(&mut known).await, Some(ServingStatus::NotServing));
    assert_eq!(next(&mut known).await, None);
    assert_eq!(next(&mut unknown).await, None);
    // What is set after that changes nothing.
    reporter.set_serving("a.B");
    assert_eq!(reporter.get("a.B"), Some(ServingStatus::NotServing));
}

#[tokio::test]
async fn a_list_tells_of_a_hundred_services_and_not_of_more() {
    let (_server, reporter, client) = health().await;
    for number in 1..100 {
        reporter.set_serving(format!("service.{number}"));
    }
    reporter.set_not_serving("service.7");
    let list = client.list(HealthListRequest {}).await.unwrap();
    let statuses = list.into_inner().statuses;
    assert_eq!(statuses.len(), 100);
    assert_eq!(statuses[""].status(), ServingStatus::Serving);
    assert_eq!(statuses["service.7"].status(), ServingStatus::NotServing);
    reporter.set_serving("one.more");
    let status = client.list(HealthListRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_watcher_cannot_make_the_server_keep_a_long_name() {
    let (_server, _reporter, client) = health().await;
    let mut watch = match client.watch(of(&"x".repeat(5_000))).await {
        Err(status) => return assert_eq!(status.code(), Code::ResourceExhausted),
        Ok(response) => response.into_inner(),
    };
    let status = watch.message().await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}
