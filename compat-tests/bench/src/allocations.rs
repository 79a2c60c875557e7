//! Counts what a process allocates. Counting is off except in a short pass of
//! its own after the measured window, because shared counters would cost the
//! process under test the very CPU time that is compared.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

static COUNTING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// The system's allocator with a count in front.
pub(crate) struct Counting;

fn note(bytes: usize) {
    if COUNTING.load(Relaxed) {
        COUNT.fetch_add(1, Relaxed);
        BYTES.fetch_add(bytes as u64, Relaxed);
    }
}

#[expect(
    unsafe_code,
    reason = "a global allocator can be written in no other way; each method only counts and forwards its arguments unchanged"
)]
// SAFETY: every method forwards to `System` with the arguments it was given, so
// the caller's promises are the ones that `System` asks for; `note` touches
// atomics only and cannot allocate or unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: see the implementation.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: see the implementation.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: see the implementation.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: see the implementation.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Starts or stops counting.
pub(crate) fn count(on: bool) {
    COUNTING.store(on, Relaxed);
}

/// Allocations and bytes counted so far.
pub(crate) fn counted() -> (u64, u64) {
    (COUNT.load(Relaxed), BYTES.load(Relaxed))
}
