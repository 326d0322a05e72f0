//! Room on the call stack for recursion over types and values.
//!
//! Types and values nest as deep as limits allow, whatever the stack of the thread that happens to
//! work on them: it may have 256 KiB. Code that recurses over them asks for room first. Where the
//! thread has too little left, it runs on a stack that is allocated for it, and freed afterwards.

/// What a level of anything nested takes at most while it is parsed, read, finished, sliced,
/// compared, printed or dropped. Arrow's functions take 4 KiB of it in a debug build.
const PER_LEVEL: usize = 6 << 10;

/// What is left for everything else.
const SPARE: usize = 64 << 10;

/// Stack that a recursion gets at once which asks at each of its levels.
const AT_ONCE: usize = 1 << 20;

/// Runs `inner` with room for a recursion over so many levels, which does not ask again.
#[inline]
pub(crate) fn with_levels<T>(levels: usize, inner: impl FnOnce() -> T) -> T {
    let needed = levels.saturating_mul(PER_LEVEL).saturating_add(SPARE);
    // Twice as much: what asks for the same inside does not allocate again.
    stacker::maybe_grow(needed, needed.saturating_mul(2), inner)
}

/// Runs one level of a recursion that asks at each of its levels.
#[inline]
pub(crate) fn at_level<T>(inner: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(SPARE, AT_ONCE, inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses more than `SPARE / 2` bytes of stack for each level.
    fn sum(levels: usize) -> usize {
        let bytes = std::hint::black_box([1u8; SPARE / 2]);
        match levels {
            0 => 0,
            _ => usize::from(bytes[levels % bytes.len()]) + at_level(|| sum(levels - 1)),
        }
    }

    #[test]
    fn a_thread_with_a_small_stack_recurses_far() {
        let thread = std::thread::Builder::new().stack_size(SPARE * 3);
        let sum = thread.spawn(|| with_levels(10, || sum(1_000)));
        assert_eq!(sum.unwrap().join().unwrap(), 1_000);
    }
}
