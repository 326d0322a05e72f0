//! Arrow arrays of arrow-rs as Polars arrays, without copying: the only `unsafe` code of this crate.
//!
//! Both libraries implement the [Arrow C Data Interface], so an array crosses over as the ten words
//! that the interface specifies: pointers to buffers that stay where they are, and a function
//! that releases them. What bites here is the type: Polars does not look at the array to find out
//! what it holds, it believes the type it is told. So the type is not an argument: it is derived
//! from the array itself, by the one function ([`arrow_field`]) that also makes the schema.
//!
//! [Arrow C Data Interface]: https://arrow.apache.org/docs/format/CDataInterface.html

use arrow::array::{Array, ArrayRef};
use arrow::ffi::FFI_ArrowArray;
use polars::prelude::*;
use polars_arrow::datatypes::Field as ArrowField;
use polars_arrow::ffi::{ArrowArray, import_array_from_c};

use super::types::arrow_field;

/// The array as a Polars column of this name, sharing its buffers.
///
/// # Errors
/// If Polars has no type for it, or refuses the values.
pub(super) fn series(name: &str, array: &ArrayRef) -> PolarsResult<Series> {
    let field: ArrowField = arrow_field(name, array)?;
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both types are `repr(C)` declarations of the interface's `struct ArrowArray`, with
    // the same ten fields in the same order (the compiler checks that the sizes agree, the tests
    // below that the fields do). The value is moved, as the interface allows: the original is not
    // dropped, so that the release callback runs once, when Polars drops the import. The callback
    // was made by arrow-rs for a struct of this layout and depends on `private_data` alone, not on
    // the address of the struct.
    let imported = unsafe { std::mem::transmute::<FFI_ArrowArray, ArrowArray>(exported) };
    // SAFETY: `imported` is a valid array of the interface: arrow-rs built it from an array whose
    // invariants (lengths, offsets, UTF-8) it guarantees, nobody else can reach it, and its buffers
    // are immutable and live until the release callback. `field.dtype` describes exactly this
    // array: `arrow_field` derives it from the array's own type, level by level, and fails for
    // every type whose layout it does not know.
    let array = unsafe { import_array_from_c(imported, field.dtype.clone()) }?;
    Series::try_from((&field, array))
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringViewArray};

    use super::*;

    /// The layout that the C Data Interface prescribes on a 64-bit machine. Polars keeps its
    /// fields private, so its side is checked by the values that come through, below.
    #[test]
    fn the_exported_struct_is_the_interfaces() {
        assert_eq!(size_of::<FFI_ArrowArray>(), 80);
        assert_eq!(size_of::<ArrowArray>(), 80);
        assert_eq!(align_of::<FFI_ArrowArray>(), align_of::<ArrowArray>());
        assert_eq!(
            [
                offset_of!(FFI_ArrowArray, length),
                offset_of!(FFI_ArrowArray, null_count),
                offset_of!(FFI_ArrowArray, offset),
                offset_of!(FFI_ArrowArray, n_buffers),
                offset_of!(FFI_ArrowArray, n_children),
                offset_of!(FFI_ArrowArray, buffers),
                offset_of!(FFI_ArrowArray, children),
                offset_of!(FFI_ArrowArray, dictionary),
                offset_of!(FFI_ArrowArray, release),
                offset_of!(FFI_ArrowArray, private_data),
            ],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 72]
        );
    }

    #[test]
    fn buffers_are_shared_and_released_once() {
        let values = Arc::new(Int64Array::from_iter_values(0..1000));
        let buffer = values.values().inner().clone();
        let array: ArrayRef = values;
        let series = series("x", &array).unwrap();
        drop(array);
        assert!(buffer.strong_count() > 1, "the column holds the buffer");
        assert_eq!(
            series
                .i64()
                .unwrap()
                .cont_slice()
                .unwrap()
                .as_ptr()
                .cast::<u8>(),
            buffer.as_ptr(),
            "the values were not copied"
        );
        let clone = series.clone();
        drop(series);
        assert!(
            buffer.strong_count() > 1,
            "a clone of the column holds it too"
        );
        drop(clone);
        assert_eq!(
            buffer.strong_count(),
            1,
            "nothing holds it after the last one"
        );
    }

    #[test]
    fn a_slice_keeps_its_offset_and_its_nulls() {
        let all = StringViewArray::from_iter(
            (0..100).map(|i| (i % 3 != 0).then(|| format!("text long enough for a buffer {i}"))),
        );
        let array: ArrayRef = Arc::new(all.slice(31, 40));
        let series = series("s", &array).unwrap();
        let expected: Vec<_> = (31..71)
            .map(|i| (i % 3 != 0).then(|| format!("text long enough for a buffer {i}")))
            .collect();
        let found: Vec<_> = series
            .str()
            .unwrap()
            .iter()
            .map(|s| s.map(str::to_owned))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(series.null_count(), 13);
    }
}
