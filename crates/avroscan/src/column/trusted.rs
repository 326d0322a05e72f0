//! Arrays made without checking again what was checked value by value.
//!
//! The only `unsafe` of the crate.
#![expect(
    unsafe_code,
    reason = "checking a batch's text a second time costs as much as reading it"
)]

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};

/// An array of views that were made by `Views::push` from text that was checked to be UTF-8.
pub(super) fn string_views(
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
