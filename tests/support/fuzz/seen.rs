//! What a reading gave, in a form that can be compared.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use avroscan::{Error, ErrorKind, Limits, ScanOptions, Source};

use crate::read::{Outcome, memory, outcome};

/// Small limits: a file of a few hundred bytes must not keep anyone busy.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.schema_nodes = 500;
    limits.block_bytes = 1 << 20;
    limits.decompressed_bytes = 1 << 18;
    limits.zero_byte_items = 200;
    limits.fixed_bytes = 1 << 12;
    limits.depth = 20;
    limits.decimal_digits = 200;
    limits.batch_bytes = 1 << 20;
    limits
}

/// Options with these limits, for one thread.
pub(super) fn options() -> ScanOptions {
    ScanOptions::default().with_limits(limits()).with_workers(1)
}

/// All rows up to the first error, if there are any batches.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) rows: Option<RecordBatch>,
    pub(super) error: Option<Error>,
}

impl Seen {
    /// Reads the bytes of a file.
    pub(super) fn of(file: &[u8], options: &ScanOptions) -> Self {
        Self::of_source(memory(file.to_vec()), options)
    }

    /// Reads all of a source.
    pub(super) fn of_source(source: Arc<dyn Source>, options: &ScanOptions) -> Self {
        Self::new(outcome(source, options))
    }

    /// Joins what was read, and checks what holds for all readings.
    pub(super) fn new(Outcome { batches, error }: Outcome) -> Self {
        for batch in &batches {
            for column in batch.columns() {
                let valid = column.to_data().validate_full();
                valid.expect("arrays as Arrow wants them");
            }
        }
        if let Some(error) = &error {
            let known = error.is_data()
                || matches!(
                    error.kind(),
                    ErrorKind::Limit(_) | ErrorKind::Unsupported | ErrorKind::SchemaMismatch
                );
            assert!(known, "{error:?}");
            assert!(error.place().file.is_some(), "{error:?}");
        }
        let rows = batches
            .first()
            .map(|first| concat_batches(&first.schema(), &batches).expect("batches of one schema"));
        Self { rows, error }
    }

    /// Readings one after the other, up to the first with an error.
    pub(super) fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut batches = Vec::new();
        let mut error = None;
        for part in parts {
            batches.extend(part.rows);
            error = part.error;
            if error.is_some() {
                break;
            }
        }
        Self::new(Outcome { batches, error })
    }

    pub(super) fn num_rows(&self) -> usize {
        self.rows.as_ref().map_or(0, RecordBatch::num_rows)
    }

    /// The first rows; none if there are fewer.
    pub(super) fn first(&self, rows: usize) -> Option<RecordBatch> {
        let all = self.rows.as_ref().filter(|_| rows > 0)?;
        (rows <= all.num_rows()).then(|| all.slice(0, rows))
    }

    /// Whether it ended at a limit. Most limits are of what is read at the same time: another way of
    /// reading may not come to them, or sooner.
    pub(super) fn is_limited(&self) -> bool {
        matches!(self.kind(), Some(ErrorKind::Limit(_)))
    }

    pub(super) fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(Error::kind)
    }

    /// What its error says, with the place.
    fn sentence(&self) -> Option<String> {
        self.error.as_ref().map(|error| format!("{error:?}"))
    }

    /// Asserts that another reading gave the same.
    #[track_caller]
    pub(super) fn same(&self, other: &Self) {
        if self.is_limited() || other.is_limited() {
            self.same_beginning(other);
            return;
        }
        assert_eq!(self.sentence(), other.sentence());
        assert_eq!(self.num_rows(), other.num_rows());
        assert_eq!(self.rows, other.rows);
    }

    /// Asserts that another reading gave the same, limits included.
    #[track_caller]
    pub(super) fn same_to_the_end(&self, other: &Self) {
        assert_eq!(self.sentence(), other.sentence());
        self.same_rows(other);
    }

    /// Asserts that another reading gave the same rows and an error of the same kind.
    #[track_caller]
    pub(super) fn same_rows_and_kind(&self, other: &Self) {
        assert_eq!(self.kind(), other.kind(), "{:?}", other.error);
        self.same_rows(other);
    }

    /// Asserts that another reading gave the same rows, and an error where this one did.
    #[track_caller]
    pub(super) fn same_rows(&self, other: &Self) {
        assert_eq!(
            self.error.is_some(),
            other.error.is_some(),
            "{:?}, {:?}",
            self.error,
            other.error
        );
        assert_eq!(self.num_rows(), other.num_rows());
        assert_eq!(self.rows, other.rows);
    }

    /// The same for a reading in splits, whose blocks are numbered from where a split begins.
    #[track_caller]
    pub(super) fn same_but_for_blocks(&self, other: &Self) {
        self.same_beginning(other);
        if self.is_limited() || other.is_limited() {
            return;
        }
        let place = |seen: &Self| {
            let error = seen.error.as_ref()?;
            let (message, place) = (error.message().to_owned(), error.place());
            Some((
                error.kind(),
                message,
                place.offset,
                place.row,
                place.field.clone(),
            ))
        };
        assert_eq!(place(self), place(other));
        assert_eq!(self.num_rows(), other.num_rows());
    }

    /// Asserts that as many rows as both have are the same.
    #[track_caller]
    pub(super) fn same_beginning(&self, other: &Self) {
        let rows = self.num_rows().min(other.num_rows());
        assert_eq!(self.first(rows), other.first(rows));
    }
}
