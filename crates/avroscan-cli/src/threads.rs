//! How many threads Polars starts.

use std::num::NonZeroUsize;

/// Gives Polars this many threads. To be called before anything starts a thread.
pub(crate) fn limit_polars(threads: NonZeroUsize) {
    // SAFETY: the environment may be changed while no other thread looks at it. Sub-commands call
    // this first of all, when the main thread is the only one. Polars takes the number from nowhere
    // else.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) }
}
