//! What the compiler cannot check: arrays of text that was checked value by value, and the call of a
//! C library.
//!
//! The only `unsafe` of the crate.
#![expect(
    unsafe_code,
    reason = "checking text a second time costs as much as reading it; libdeflate's safe \
              bindings do not say where a stream ends"
)]

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};

#[cfg(feature = "deflate")]
pub(crate) use inflate::{Inflate, Inflated};

/// An array of views that were made by `Views::push` from text that was checked to be UTF-8.
pub(crate) fn string_views(
    views: ScalarBuffer<u128>,
    buffers: Vec<Buffer>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    #[cfg(debug_assertions)]
    StringViewArray::try_new(views.clone(), buffers.clone(), nulls.clone())
        .expect("views of checked text are valid");
    // SAFETY: the callers push nothing but whole values that passed the UTF-8 check. A view of at
    // most 12 bytes holds them inline with zeroes behind them. A longer one holds its length, its
    // first four bytes, buffer number 0 and the offset at which exactly these bytes were appended
    // to the one buffer; content only grows while views point into it. A null's view is all
    // zeroes: an empty value. `nulls` has one bit a view, by the contract of `Build::finish`.
    Arc::new(unsafe { StringViewArray::new_unchecked(views, buffers, nulls) })
}

#[cfg(feature = "deflate")]
mod inflate {
    use std::ptr::NonNull;

    use libdeflate_sys::{
        libdeflate_alloc_decompressor, libdeflate_decompressor, libdeflate_deflate_decompress_ex,
        libdeflate_free_decompressor, libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE,
        libdeflate_result_LIBDEFLATE_SUCCESS,
    };

    /// A decompressor of libdeflate.
    pub(crate) struct Inflate(NonNull<libdeflate_decompressor>);

    // SAFETY: libdeflate: "A single decompressor is not safe to use by multiple threads
    // concurrently", which `&mut self` keeps from happening; it is bound to no thread.
    unsafe impl Send for Inflate {}

    /// What decompressing came to.
    pub(crate) enum Inflated {
        /// The stream took so many bytes of the input; all that it became is in the output.
        Ended { used: usize },
        /// The output was too small.
        Full,
        /// The input is no stream, or not all of one.
        Bad,
    }

    impl Inflate {
        /// `None` where there is no memory for it.
        pub(crate) fn new() -> Option<Self> {
            // SAFETY: it has no preconditions; it returns null where memory is missing.
            NonNull::new(unsafe { libdeflate_alloc_decompressor() }).map(Self)
        }

        /// Decompresses the raw deflate stream at the start of `input` to the start of `output`,
        /// which it fills up to its capacity at most.
        pub(crate) fn inflate(&mut self, input: &[u8], output: &mut Vec<u8>) -> Inflated {
            output.clear();
            let room = output.spare_capacity_mut();
            let (mut used, mut written) = (0, 0);
            // SAFETY: the decompressor is alive and not in use. The input is readable for its
            // length, the output writable for its capacity, and they do not overlap, as one is
            // borrowed mutably. The library reads and writes nothing else but the two counts,
            // whatever the input is.
            let result = unsafe {
                libdeflate_deflate_decompress_ex(
                    self.0.as_ptr(),
                    input.as_ptr().cast(),
                    input.len(),
                    room.as_mut_ptr().cast(),
                    room.len(),
                    &mut used,
                    &mut written,
                )
            };
            #[expect(non_upper_case_globals, reason = "the names are those of the library")]
            match result {
                libdeflate_result_LIBDEFLATE_SUCCESS => {
                    assert!(written <= output.capacity());
                    // SAFETY: on success the first `written` bytes of the output were written,
                    // and they lie within its capacity.
                    unsafe { output.set_len(written) };
                    Inflated::Ended { used }
                }
                libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Inflated::Full,
                _ => Inflated::Bad,
            }
        }
    }

    impl Drop for Inflate {
        fn drop(&mut self) {
            // SAFETY: it came from `libdeflate_alloc_decompressor`, and this is its last use.
            unsafe { libdeflate_free_decompressor(self.0.as_ptr()) }
        }
    }
}
