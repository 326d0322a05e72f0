//! What a test allocates, counted in a process that does nothing else.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What tells a test that it has the process for itself.
const ALONE: &str = "AVROSCAN_COUNT_ALLOCATIONS";

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static ALL: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, with counters: the `#[global_allocator]` of each test binary.
#[derive(Debug)]
pub struct Counting;

impl Counting {
    fn count(bytes: usize) {
        let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
        PEAK.fetch_max(live, Relaxed);
        ALL.fetch_add(bytes, Relaxed);
    }
}

// SAFETY: everything is passed on to the system's allocator as it came; the counters are no part of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(layout.size(), Relaxed);
        Self::count(size);
        // SAFETY: the pointer came from the same allocator, with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the pointer came from the same allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs the test of this name in a process of its own.
pub fn run_alone(test: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

/// Whether this process was made by [`run_alone`].
pub fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// What was allocated at the same time and in all, beyond what there was at the beginning.
#[derive(Debug)]
pub struct Watch {
    live: usize,
    all: usize,
}

impl Watch {
    /// Begins to count.
    pub fn start() -> Self {
        let (live, all) = (LIVE.load(Relaxed), ALL.load(Relaxed));
        PEAK.store(live, Relaxed);
        Self { live, all }
    }

    /// Most bytes at the same time.
    pub fn at_once(&self) -> usize {
        PEAK.load(Relaxed).saturating_sub(self.live)
    }

    /// All bytes, also those that were given back.
    pub fn in_all(&self) -> usize {
        ALL.load(Relaxed) - self.all
    }
}
