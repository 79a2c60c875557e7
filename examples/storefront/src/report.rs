//! What a person and a program read about a run.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use meshrpc::MethodKind;
use serde_json::json;

use crate::fleet::Service;
use crate::load::{Failure, MethodStats, Outcome, Progress};

/// Writes for people, and for programs when asked to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reporter {
    json: bool,
}

impl Reporter {
    /// With `json`, standard output is for the program and people read standard error.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// A line for people.
    pub(crate) fn say(&self, line: &str) {
        if self.json {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    }

    /// How far it has come.
    pub(crate) fn progress(&self, elapsed: Duration, progress: &Progress) {
        self.say(&format!(
            "{:>4} s  {:>9} calls  {} failed",
            elapsed.as_secs(),
            grouped(progress.calls),
            grouped(progress.failed)
        ));
    }

    /// The table for people, the object for programs.
    pub(crate) fn summary(&self, outcome: &Outcome, elapsed: Duration, callers: usize) {
        self.say(&table(outcome, elapsed, callers));
        if self.json {
            println!("{}", object(outcome, elapsed, callers));
        }
    }
}

/// An error with everything that led to it.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Some errors already say their cause in their own text.
        if !text.ends_with(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// What to type at services that keep running.
pub(crate) fn how_to_look_around(services: &[Service]) -> String {
    let address = |name| {
        services
            .iter()
            .find(|service| service.name == name)
            .map(|service| service.address.to_string())
            .unwrap_or_default()
    };
    let (catalog, orders) = (address("catalog"), address("orders"));
    format!(
        "\nThe services keep running; Ctrl-C ends them. Look around with grpcurl:\n\
         \x20 grpcurl -plaintext {catalog} list\n\
         \x20 grpcurl -plaintext {catalog} describe storefront.catalog.v2.CatalogService\n\
         \x20 grpcurl -plaintext -d '{{\"sku\":\"timer\"}}' {catalog} storefront.catalog.v1.CatalogService/GetItem\n\
         \x20 grpcurl -plaintext -d '{{\"limit\":15}}' {catalog} storefront.catalog.v1.CatalogService/WatchPrices\n\
         \x20 grpcurl -plaintext -d '{{\"order_id\":\"caller-0-order-1\"}}' {orders} storefront.orders.v1.OrderService/GetOrder"
    )
}

fn table(outcome: &Outcome, elapsed: Duration, callers: usize) -> String {
    let mut text = format!(
        "\n{:<54} {:<17} {:>9} {:>7} {:>9} {:>9}\n",
        "method", "kind", "calls", "failed", "p50 ms", "p99 ms"
    );
    let mut row = |name: &str, kind: &str, calls, failed, p50: f64, p99: f64| {
        let _ = writeln!(
            text,
            "{name:<54} {kind:<17} {:>9} {:>7} {p50:>9.2} {p99:>9.2}",
            grouped(calls),
            grouped(failed)
        );
    };
    for (name, stats) in outcome.methods() {
        let (p50, p99) = (stats.percentile_ms(50.0), stats.percentile_ms(99.0));
        row(name, kind(stats), stats.calls, stats.failed, p50, p99);
    }
    let (p50, p99) = (outcome.percentile_ms(50.0), outcome.percentile_ms(99.0));
    row("all", "", outcome.calls(), outcome.failed(), p50, p99);
    let _ = write!(
        text,
        "\n{} calls in {:.1} s by {callers} callers: {} calls/s, {} failed",
        grouped(outcome.calls()),
        elapsed.as_secs_f64(),
        grouped(per_second(outcome, elapsed) as u64),
        grouped(outcome.failed()),
    );
    for Failure {
        method,
        code,
        count,
        message,
    } in outcome.failures()
    {
        let _ = write!(
            text,
            "\n  {} × {method}: {code:?}: {message}",
            grouped(*count)
        );
    }
    text
}

fn object(outcome: &Outcome, elapsed: Duration, callers: usize) -> serde_json::Value {
    let methods: serde_json::Map<String, serde_json::Value> = outcome
        .methods()
        .map(|(name, stats)| {
            let object = json!({
                "kind": kind(stats),
                "calls": stats.calls,
                "failed": stats.failed,
                "p50_ms": rounded(stats.percentile_ms(50.0)),
                "p99_ms": rounded(stats.percentile_ms(99.0)),
            });
            (name.to_owned(), object)
        })
        .collect();
    let failures: Vec<serde_json::Value> = outcome
        .failures()
        .into_iter()
        .map(|failure| {
            json!({
                "method": failure.method,
                "code": format!("{:?}", failure.code),
                "count": failure.count,
                "message": failure.message,
            })
        })
        .collect();
    json!({
        "calls": outcome.calls(),
        "failed": outcome.failed(),
        "p50_ms": rounded(outcome.percentile_ms(50.0)),
        "p99_ms": rounded(outcome.percentile_ms(99.0)),
        "calls_per_s": rounded(per_second(outcome, elapsed)),
        "seconds": rounded(elapsed.as_secs_f64()),
        "callers": callers,
        "methods": methods,
        "failures": failures,
    })
}

fn kind(stats: &MethodStats) -> &'static str {
    match stats.kind {
        MethodKind::Unary => "unary",
        MethodKind::ServerStreaming => "server_streaming",
        MethodKind::ClientStreaming => "client_streaming",
        MethodKind::BidiStreaming => "bidi_streaming",
    }
}

fn per_second(outcome: &Outcome, elapsed: Duration) -> f64 {
    outcome.calls() as f64 / elapsed.as_secs_f64().max(1e-3)
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
