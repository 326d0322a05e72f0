//! What the kernel says about this process.

use std::fs;
use std::hint::black_box;
use std::process::Command;

use serde_json::Value;

use crate::{Result, failure};

/// The allocator of glibc maps large blocks of memory anew each time, until one of that size has been
/// freed once (up to 32 MiB). Without this, the first files would cost more than the same later on.
pub(crate) fn settle_allocator() {
    const SIZE: usize = 31 << 20;
    drop(black_box(vec![0u8; SIZE]));
}

/// Page faults so far that needed no I/O, of all threads.
pub(crate) fn minor_faults() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in parentheses, which may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let faults = fields.split_whitespace().nth(7);
    faults.and_then(|faults| faults.parse().ok()).unwrap_or(0)
}

/// The time that the threads of this process have had a core, in milliseconds. Threads that have
/// ended are not counted any more.
pub(crate) fn cpu_milliseconds() -> f64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanoseconds.sum::<u64>() as f64 / 1e6
}

/// Runs this program again with these arguments, and takes what it says as JSON.
pub(crate) fn child(args: &[&str]) -> Result<Value> {
    let output = Command::new(std::env::current_exe()?).args(args).output()?;
    if !output.status.success() {
        return Err(failure(String::from_utf8_lossy(&output.stderr)));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The most memory that was resident at any time, in bytes.
pub(crate) fn peak_memory() -> u64 {
    status("VmHWM:")
}

fn status(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .and_then(|value| value.trim().strip_suffix(" kB"))
        .and_then(|value| value.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}
