//! Where decompressed bytes go: a buffer that grows with what arrives, under a budget.

use bytes::BytesMut;

use super::{DecompressError, MAX_RATIO, RATIO_FLOOR};

/// Room given to a decoder at first, when the data does not say how much it will take.
const FIRST: usize = 1024;

/// The part of a buffer behind what it held before, which may grow up to the budget.
///
/// Dropped unfinished, it takes back what it wrote.
pub(super) struct Output<'a> {
    buffer: &'a mut BytesMut,
    start: usize,
    written: usize,
    compressed: usize,
    limit: usize,
    allowed: usize,
    finished: bool,
}

impl<'a> Output<'a> {
    pub(super) fn new(buffer: &'a mut BytesMut, compressed: usize, limit: usize) -> Self {
        let start = buffer.len();
        let by_ratio = compressed.saturating_mul(MAX_RATIO).max(RATIO_FLOOR);
        Self {
            buffer,
            start,
            written: 0,
            compressed,
            limit,
            allowed: limit.min(by_ratio),
            finished: false,
        }
    }

    /// Room for the next piece: `expected` bytes, or about as much again as there is. Never
    /// empty, and never more than one byte over the budget: that byte proves the breach.
    pub(super) fn window(&mut self, expected: Option<usize>) -> &mut [u8] {
        let room = expected.unwrap_or_else(|| self.written.max(self.compressed * 3).max(FIRST));
        let room = room.clamp(1, self.allowed + 1 - self.written);
        let from = self.start + self.written;
        self.buffer.resize(from + room, 0);
        &mut self.buffer[from..]
    }

    /// The decoder wrote `len` bytes into the latest window.
    pub(super) fn advance(&mut self, len: usize) -> Result<(), DecompressError> {
        self.written += len;
        if self.written > self.allowed {
            return Err(self.over_budget());
        }
        Ok(())
    }

    /// Refuses data that itself says that it is over the budget.
    #[cfg(feature = "zstd")]
    pub(super) fn announce(&self, len: u64) -> Result<usize, DecompressError> {
        match usize::try_from(len) {
            Ok(len) if len <= self.allowed - self.written => Ok(len),
            _ => Err(self.over_budget()),
        }
    }

    /// All is there.
    pub(super) fn finish(mut self) {
        self.finished = true;
    }

    fn over_budget(&self) -> DecompressError {
        if self.allowed == self.limit {
            DecompressError::TooLarge
        } else {
            DecompressError::Bomb {
                compressed: self.compressed,
                allowed: self.allowed,
            }
        }
    }
}

impl Drop for Output<'_> {
    fn drop(&mut self) {
        let len = if self.finished { self.written } else { 0 };
        self.buffer.truncate(self.start + len);
    }
}
