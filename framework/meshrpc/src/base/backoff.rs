//! How long to wait before trying again.

use std::sync::Arc;
use std::time::Duration;

use super::limits::{BACKOFF_FACTOR, BACKOFF_FIRST, BACKOFF_JITTER, BACKOFF_LONGEST};
use super::rt::Rng;

/// Pauses that grow with each failure. Jitter keeps clients that failed together from coming
/// back together.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    rng: Arc<Rng>,
}

impl Backoff {
    pub(crate) const fn new(rng: Arc<Rng>) -> Self {
        Self {
            next: BACKOFF_FIRST,
            rng,
        }
    }

    /// The pause after one more failure.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.mul_f64(BACKOFF_FACTOR).min(BACKOFF_LONGEST);
        pause.mul_f64(1.0 + BACKOFF_JITTER * (2.0 * self.rng.unit() - 1.0))
    }

    /// Starts over after a success.
    pub(crate) const fn reset(&mut self) {
        self.next = BACKOFF_FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_within_their_jitter_and_start_over() {
        let mut backoff = Backoff::new(Arc::new(Rng::seeded(7)));
        let mut middle = 0.1_f64;
        for _ in 0..20 {
            let pause = backoff.next().as_secs_f64();
            assert!(
                (middle * 0.799..=middle * 1.201).contains(&pause),
                "{pause} near {middle}"
            );
            middle = (middle * 1.6).min(10.0);
        }
        assert!(middle >= 10.0);
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(120));
    }

    #[test]
    fn the_same_seed_gives_the_same_pauses() {
        let pauses = |seed| {
            let mut backoff = Backoff::new(Arc::new(Rng::seeded(seed)));
            (0..5).map(|_| backoff.next()).collect::<Vec<_>>()
        };
        assert_eq!(pauses(1), pauses(1));
        assert_ne!(pauses(1), pauses(2));
    }
}
