//! Latencies in fixed memory: recording must neither allocate nor grow the
//! process whose memory is measured, so no list of samples is kept.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Each power of two is cut into this many buckets: at most 3 % of error.
const STEPS: usize = 32;
const STEP_BITS: u32 = STEPS.trailing_zeros();
const BUCKETS: usize = STEPS * (64 - STEP_BITS as usize + 1);

/// A log-linear histogram of nanoseconds that all tasks of a run share.
pub(crate) struct Histogram {
    buckets: Vec<AtomicU64>,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) fn record(&self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket(nanos)].fetch_add(1, Relaxed);
    }

    /// The latency that `share` of the samples (0 to 1) do not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let total: u64 = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).sum();
        let rank = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            seen += bucket.load(Relaxed);
            if seen >= rank {
                return Duration::from_nanos(middle(index));
            }
        }
        Duration::ZERO
    }
}

/// Values below `STEPS` have a bucket each; above, the leading bits choose.
fn bucket(nanos: u64) -> usize {
    if nanos < STEPS as u64 {
        return nanos as usize;
    }
    let shift = 63 - nanos.leading_zeros() - STEP_BITS;
    (shift as usize + 1) * STEPS + (nanos >> shift) as usize - STEPS
}

fn middle(index: usize) -> u64 {
    if index < STEPS {
        return index as u64;
    }
    let shift = index / STEPS - 1;
    let low = ((index % STEPS + STEPS) as u64) << shift;
    low + ((1u64 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_value_comes_back_within_three_percent() {
        for nanos in [0, 1, 31, 32, 33, 1_000, 123_456, 9_999_999_999, u64::MAX] {
            let found = middle(bucket(nanos));
            let error = found.abs_diff(nanos) as f64;
            assert!(error <= nanos as f64 * 0.03, "{nanos} came back as {found}");
        }
    }

    #[test]
    fn quantiles_split_the_samples() {
        let histogram = Histogram::new();
        for micros in 1..=100 {
            histogram.record(Duration::from_micros(micros));
        }
        let median = histogram.quantile(0.5).as_nanos() as f64;
        let tail = histogram.quantile(0.99).as_nanos() as f64;
        assert!((median / 50_000.0 - 1.0).abs() < 0.04, "{median}");
        assert!((tail / 99_000.0 - 1.0).abs() < 0.04, "{tail}");
    }

    #[test]
    fn without_samples_a_quantile_is_zero() {
        assert_eq!(Histogram::new().quantile(0.5), Duration::ZERO);
    }
}
