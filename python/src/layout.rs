//! Which columns come out, and in which order.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use avroscan::{Error, ErrorKind, Result};

use crate::errors::from_arrow;
use crate::file_columns::FileColumns;
use crate::profile::Profile;

/// Where a column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The number of the row.
    Index,
    /// The files: the column of this number in what the scan gives.
    Data(usize),
    /// The path of the file: the column of this number of [`FileColumns`].
    File(usize),
}

/// What becomes of the batches of a scan.
pub(crate) struct Layout {
    pub(crate) columns: Vec<(Origin, FieldRef)>,
    pub(crate) files: Arc<FileColumns>,
    pub(crate) profile: Profile,
}

/// The field of a row index.
pub(crate) fn index_field(name: &str, wide: bool) -> FieldRef {
    let data_type = if wide {
        DataType::UInt64
    } else {
        DataType::UInt32
    };
    Arc::new(Field::new(name, data_type, false))
}

impl Layout {
    /// Whether any column needs to know where a row is in its file, or which file that is.
    pub(crate) fn knows_files(&self) -> bool {
        self.columns
            .iter()
            .any(|(origin, _)| !matches!(origin, Origin::Data(_)))
    }

    pub(crate) fn has_index(&self) -> bool {
        self.columns
            .iter()
            .any(|(origin, _)| *origin == Origin::Index)
    }

    /// The columns for a batch of the file of this number, whose first row has this number.
    ///
    /// # Errors
    /// `Usage` for more rows than a row index can count.
    pub(crate) fn finish(&self, batch: &RecordBatch, file: usize, row: u64) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let mut fields = Vec::with_capacity(self.columns.len());
        let mut columns = Vec::with_capacity(self.columns.len());
        for (origin, field) in &self.columns {
            let array = match *origin {
                Origin::Index => index(field.data_type(), row, rows)?,
                Origin::Data(column) => batch.columns().get(column).cloned().ok_or_else(|| {
                    Error::new(ErrorKind::Usage, format!("a batch lacks column {column}"))
                })?,
                Origin::File(column) => self.files.repeat(column, file, rows)?,
            };
            let (field, array) = self.profile.apply(field, &array).map_err(from_arrow)?;
            fields.push(field);
            columns.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(from_arrow)
    }
}

/// The numbers of rows, from this one on.
fn index(data_type: &DataType, first: u64, rows: usize) -> Result<ArrayRef> {
    let end = first.checked_add(rows as u64).ok_or_else(too_many)?;
    if *data_type == DataType::UInt64 {
        return Ok(Arc::new(UInt64Array::from_iter_values(first..end)));
    }
    let first = u32::try_from(first).map_err(|_| too_many())?;
    let end = u32::try_from(end).map_err(|_| too_many())?;
    Ok(Arc::new(UInt32Array::from_iter_values(first..end)))
}

fn too_many() -> Error {
    let what =
        "the row index has 32 bits and does not reach that far: there are 4,294,967,295 rows";
    Error::new(ErrorKind::Usage, what)
}
