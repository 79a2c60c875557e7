//! Counting calls and their latencies.

use std::collections::BTreeMap;
use std::time::Duration;

use meshrpc::{Code, MethodKind, MethodSpec, Status};

/// Buckets per doubling: a latency is known to 1/64 of itself.
const FINENESS: u32 = 6;

/// What one caller saw.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    methods: BTreeMap<&'static str, MethodStats>,
    failures: BTreeMap<(&'static str, i32), Failure>,
}

/// The calls of one method.
#[derive(Debug, Clone)]
pub(crate) struct MethodStats {
    pub(crate) kind: MethodKind,
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    latency: Histogram,
}

/// Failures of one method with one code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) method: &'static str,
    pub(crate) code: Code,
    pub(crate) count: u64,
    /// The message of one of them.
    pub(crate) message: String,
}

impl Recorder {
    /// Counts one call.
    pub(crate) fn record(
        &mut self,
        spec: &'static MethodSpec,
        took: Duration,
        result: Result<(), Status>,
    ) {
        let method = spec.full_name();
        let stats = self.methods.entry(method).or_insert_with(|| MethodStats {
            kind: spec.kind(),
            calls: 0,
            failed: 0,
            latency: Histogram::default(),
        });
        stats.calls += 1;
        stats.latency.record(took);
        if let Err(status) = result {
            stats.failed += 1;
            let failure = self
                .failures
                .entry((method, status.code() as i32))
                .or_insert_with(|| Failure {
                    method,
                    code: status.code(),
                    count: 0,
                    message: status.message().to_owned(),
                });
            failure.count += 1;
        }
    }
}

/// What all callers saw.
#[derive(Debug, Default)]
pub(crate) struct Outcome(Recorder);

impl Outcome {
    /// Adds one caller's part.
    pub(crate) fn add(&mut self, recorder: Recorder) {
        for (method, stats) in recorder.methods {
            match self.0.methods.entry(method) {
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(stats);
                }
                std::collections::btree_map::Entry::Occupied(mut all) => all.get_mut().add(&stats),
            }
        }
        for (key, failure) in recorder.failures {
            match self.0.failures.get_mut(&key) {
                Some(all) => all.count += failure.count,
                None => {
                    self.0.failures.insert(key, failure);
                }
            }
        }
    }

    /// Calls that ended, rightly or not.
    pub(crate) fn calls(&self) -> u64 {
        self.0.methods.values().map(|stats| stats.calls).sum()
    }

    /// Calls that failed.
    pub(crate) fn failed(&self) -> u64 {
        self.0.methods.values().map(|stats| stats.failed).sum()
    }

    /// By full name of the method, like `storefront.orders.v1.OrderService/PlaceOrder`.
    pub(crate) fn methods(&self) -> impl Iterator<Item = (&'static str, &MethodStats)> {
        self.0.methods.iter().map(|(name, stats)| (*name, stats))
    }

    /// The failures, most frequent first.
    pub(crate) fn failures(&self) -> Vec<&Failure> {
        let mut failures: Vec<&Failure> = self.0.failures.values().collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        failures
    }

    /// The latency in milliseconds that `percent` of all calls stayed within.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        let mut all = Histogram::default();
        for stats in self.0.methods.values() {
            all.add(&stats.latency);
        }
        all.percentile_ms(percent)
    }
}

impl MethodStats {
    /// The latency in milliseconds that `percent` of the calls stayed within.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        self.latency.percentile_ms(percent)
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.latency.add(&other.latency);
    }
}

/// Counts by size, with buckets that grow with the value: small, and never off by more than a
/// sixty-fourth.
#[derive(Debug, Clone, Default)]
struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Histogram {
    fn record(&mut self, took: Duration) {
        let bucket = bucket_of(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
    }

    fn add(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
    }

    fn percentile_ms(&self, percent: f64) -> f64 {
        let wanted = (self.count as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(bucket) as f64 / 1e6;
            }
        }
        0.0
    }
}

/// Values below 64 have a bucket each; above, each doubling has 64.
fn bucket_of(value: u64) -> usize {
    let doublings = (u64::BITS - value.leading_zeros()).saturating_sub(FINENESS + 1);
    ((u64::from(doublings) << FINENESS) + (value >> doublings)) as usize
}

/// The largest value in a bucket.
fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket >> FINENESS).saturating_sub(1);
    let mantissa = bucket - (doublings << FINENESS);
    ((mantissa + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Histogram, bucket_of, upper_end};

    #[test]
    fn a_bucket_holds_what_is_put_in_it_to_a_sixty_fourth() {
        let mut last = None;
        for value in (0..5_000).chain((1..40).map(|n| 7 << n)) {
            let bucket = bucket_of(value);
            let upper = upper_end(bucket);
            assert!(
                upper >= value && upper - value <= value / 64 + 1,
                "{value}: {upper}"
            );
            assert!(last.is_none_or(|last| last <= bucket || value < 5_000 || value > 5_000));
            last = Some(bucket);
        }
    }

    #[test]
    fn percentiles_of_a_hundred_known_latencies() {
        let mut halves = [Histogram::default(), Histogram::default()];
        for millis in 1..=100 {
            halves[millis % 2].record(Duration::from_millis(millis as u64));
        }
        let [mut all, odd] = halves;
        all.add(&odd);
        for percent in [1.0, 50.0, 99.0, 100.0] {
            let found = all.percentile_ms(percent);
            assert!(
                (found - percent).abs() <= percent / 60.0,
                "{percent}: {found}"
            );
        }
        assert_eq!(Histogram::default().percentile_ms(50.0), 0.0);
    }
}
