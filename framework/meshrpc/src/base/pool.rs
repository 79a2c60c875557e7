//! Large buffers, kept for the next call.
//!
//! The allocator gives a freed megabyte back to the operating system, which hands it out again
//! page by page, each a fault: that is most of what a large call costs. So a thread keeps a few.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

/// Smaller buffers are the allocator's business, which is good at them.
const MIN: usize = 64 * 1024;
/// Buffers beyond the default limit of a message are rare and not worth holding on to.
const MAX: usize = 4 * 1024 * 1024 + 1024;
/// Per thread: a request and a response in each direction.
const KEPT: usize = 4;

thread_local! {
    static POOL: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer with room for `capacity` bytes.
pub(crate) fn take(capacity: usize) -> BytesMut {
    if capacity >= MIN
        && let Some(buffer) = kept(capacity)
    {
        return buffer;
    }
    BytesMut::with_capacity(capacity)
}

fn kept(capacity: usize) -> Option<BytesMut> {
    POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let at = pool
            .iter()
            .position(|buffer| buffer.capacity() >= capacity)?;
        Some(pool.swap_remove(at))
    })
    .ok()?
}

/// The buffer's bytes; a large buffer comes back to the pool when the last of them is dropped.
pub(crate) fn freeze(buffer: BytesMut) -> Bytes {
    if (MIN..=MAX).contains(&buffer.capacity()) {
        Bytes::from_owner(Pooled(buffer))
    } else {
        buffer.freeze()
    }
}

/// A buffer that goes back to the pool of the thread that drops it.
struct Pooled(BytesMut);

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        buffer.clear();
        // A thread that ends keeps nothing.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(buffer);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_is_used_again_and_a_small_one_is_not_kept() {
        let mut large = take(MIN);
        large.extend_from_slice(&[1; MIN]);
        let at = large.as_ptr();
        let bytes = freeze(large);
        let part = bytes.slice(1..3);
        drop(bytes);
        assert_ne!(take(MIN).as_ptr(), at, "still in use");
        drop(part);
        let again = take(MIN);
        assert_eq!(again.as_ptr(), at);
        assert!(again.is_empty());

        drop(freeze(take(10)));
        POOL.with(|pool| assert!(pool.borrow().is_empty()));
    }

    #[test]
    fn a_thread_keeps_few_buffers() {
        let many: Vec<_> = (0..10).map(|_| freeze(take(MIN))).collect();
        drop(many);
        POOL.with(|pool| assert_eq!(pool.borrow().len(), KEPT));
    }
}
