//! Several files read as one.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::decode::Decoder;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{DecodePlan, Projection};
use crate::scan::stream::Part;
use crate::scan::{AvroFile, BatchReader, BatchStream, ScanOptions, block_on, count_rows};
use crate::source::{Source, StorageOptions, find_sources};
use crate::split::Split;

/// Files whose headers are opened at the same time.
const OPEN_AT_ONCE: usize = 16;

/// Files with the same columns, opened and planned: what the front ends read from.
///
/// The first file decides the columns; each other must have the same ones. A clone shares all.
#[derive(Debug, Clone)]
pub struct Scan {
    files: Arc<[Arc<AvroFile>]>,
    /// One a file; files with the same schema share it.
    plans: Vec<Arc<DecodePlan>>,
    options: ScanOptions,
}

impl Scan {
    /// Finds and opens the files of `inputs`: paths, patterns, directories and URLs, as
    /// [`find_sources`] understands them.
    ///
    /// # Errors
    /// Those of [`find_sources`], [`AvroFile::open`] and [`DecodePlan::new`], and
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) where the files do not have the same columns.
    pub async fn open<S: AsRef<str>>(
        inputs: &[S],
        storage_options: &StorageOptions,
        options: ScanOptions,
    ) -> Result<Self> {
        Self::from_sources(find_sources(inputs, storage_options).await?, options).await
    }

    /// [`Scan::open`] for code that is not asynchronous.
    ///
    /// # Errors
    /// Those of [`Scan::open`].
    pub fn open_blocking<S: AsRef<str>>(
        inputs: &[S],
        storage_options: &StorageOptions,
        options: ScanOptions,
    ) -> Result<Self> {
        block_on(Self::open(inputs, storage_options, options))
    }

    /// Opens these sources, which are read in this order.
    ///
    /// # Errors
    /// Those of [`Scan::open`]; [`Usage`](ErrorKind::Usage) where there are no sources.
    pub async fn from_sources(sources: Vec<Arc<dyn Source>>, options: ScanOptions) -> Result<Self> {
        options.check()?;
        let (limits, progress) = (&options.limits, &options.progress);
        let files: Vec<_> = stream::iter(sources)
            .map(|source| AvroFile::open(source, limits, progress))
            .buffered(OPEN_AT_ONCE)
            .try_collect()
            .await?;
        let plans = plan(&files, &options)?;
        Ok(Self {
            files: files.into(),
            plans,
            options,
        })
    }

    /// [`Scan::from_sources`] for code that is not asynchronous.
    ///
    /// # Errors
    /// Those of [`Scan::from_sources`].
    pub fn from_sources_blocking(
        sources: Vec<Arc<dyn Source>>,
        options: ScanOptions,
    ) -> Result<Self> {
        block_on(Self::from_sources(sources, options))
    }

    /// The same files with another projection.
    ///
    /// # Errors
    /// Those of [`DecodePlan::new`].
    pub fn with_projection(&self, projection: Projection) -> Result<Self> {
        let options = self.options.clone().with_projection(projection);
        let plans = plan(&self.files, &options)?;
        Ok(Self {
            files: self.files.clone(),
            plans,
            options,
        })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.plans.first().map_or_else(
            || Arc::new(Schema::empty()),
            |plan| plan.arrow_schema().clone(),
        )
    }

    /// A batch without rows: what [`schema`](Self::schema) says, and the symbols of the enums, which
    /// Arrow keeps with the values.
    ///
    /// # Errors
    /// None that a file or a caller could cause.
    pub fn empty_batch(&self) -> Result<RecordBatch> {
        match self.plans.first() {
            Some(plan) => Decoder::new(plan.clone(), self.options.limits.clone()).finish(),
            None => Ok(RecordBatch::new_empty(self.schema())),
        }
    }

    /// The options of the scan.
    pub fn options(&self) -> &ScanOptions {
        &self.options
    }

    /// The files in the order in which they are read: at least one.
    pub fn files(&self) -> &[Arc<AvroFile>] {
        &self.files
    }

    /// The first file's Avro schema as JSON text.
    pub fn avro_schema_json(&self) -> &str {
        self.files
            .first()
            .map_or("", |file| file.header().schema.json())
    }

    /// All rows of all files, in order.
    pub fn stream(&self) -> Result<BatchStream> {
        self.stream_of((0..self.files.len()).map(|file| (file, Split::all())))
    }

    /// The rows of these splits of files, given by their number in [`files`](Self::files), in
    /// this order.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for the number of a file that does not exist.
    pub fn stream_of(
        &self,
        parts: impl IntoIterator<Item = (usize, Split)>,
    ) -> Result<BatchStream> {
        let parts = parts
            .into_iter()
            .map(
                |(index, split)| match (self.files.get(index), self.plans.get(index)) {
                    (Some(file), Some(plan)) => Ok(Part {
                        file: file.clone(),
                        plan: plan.clone(),
                        split,
                    }),
                    _ => Err(Error::new(
                        ErrorKind::Usage,
                        format!("the scan has no file number {index}"),
                    )),
                },
            )
            .collect::<Result<Vec<_>>>()?;
        BatchStream::of_parts(self.schema(), parts, &self.options)
    }

    /// [`Scan::stream`] for code that is not asynchronous.
    ///
    /// # Errors
    /// Those of [`Scan::stream`].
    pub fn reader(&self) -> Result<BatchReader> {
        self.stream().map(BatchReader::new)
    }

    /// [`Scan::stream_of`] for code that is not asynchronous.
    ///
    /// # Errors
    /// Those of [`Scan::stream_of`].
    pub fn reader_of(
        &self,
        parts: impl IntoIterator<Item = (usize, Split)>,
    ) -> Result<BatchReader> {
        self.stream_of(parts).map(BatchReader::new)
    }

    /// The number of rows of all files, from the block headers alone.
    ///
    /// # Errors
    /// Those of [`BlockWalk::next`](crate::BlockWalk::next).
    pub async fn count_rows(&self) -> Result<u64> {
        let ScanOptions {
            limits, progress, ..
        } = &self.options;
        stream::iter(self.files.iter())
            .map(|file| count_rows(file, Split::all(), limits, progress))
            .buffered(OPEN_AT_ONCE)
            .try_fold(
                0u64,
                |sum, rows| async move { Ok(sum.saturating_add(rows)) },
            )
            .await
    }

    /// [`Scan::count_rows`] for code that is not asynchronous.
    ///
    /// # Errors
    /// Those of [`Scan::count_rows`].
    pub fn count_rows_blocking(&self) -> Result<u64> {
        block_on(self.count_rows())
    }
}

/// A plan for each file; all have the columns of the first.
fn plan(files: &[Arc<AvroFile>], options: &ScanOptions) -> Result<Vec<Arc<DecodePlan>>> {
    let mut plans: Vec<Arc<DecodePlan>> = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let schema = &file.header().schema;
        let same = files
            .iter()
            .zip(&plans)
            .rev()
            .take(1)
            .chain(files.iter().zip(&plans).take(1));
        let same = same
            .filter(|(other, _)| other.header().schema.json() == schema.json())
            .map(|(_, plan)| plan.clone())
            .next();
        let plan = match same {
            Some(plan) => plan,
            None => {
                let plan = DecodePlan::new(schema, &options.projection, &options.limits);
                let plan = Arc::new(plan.map_err(|error| error.in_file(file.location()))?);
                if let Some(first) = plans.first() {
                    same_columns(first.arrow_schema(), plan.arrow_schema())
                        .map_err(|error| error.in_file(file.location()))?;
                }
                plan
            }
        };
        debug_assert_eq!(index, plans.len());
        plans.push(plan);
    }
    if plans.is_empty() {
        return Err(Error::new(
            ErrorKind::Usage,
            "a scan needs at least one file",
        ));
    }
    Ok(plans)
}

fn same_columns(first: &Schema, other: &Schema) -> Result<()> {
    let mismatch = |column: &str, what: String| {
        Err(Error::new(ErrorKind::SchemaMismatch, what).in_field(column))
    };
    for field in first.fields() {
        match other.field_with_name(field.name()) {
            Ok(found) if found == field.as_ref() => {}
            Ok(found) => {
                let what = format!(
                    "the column is {}, it is {} in the first file",
                    describe(found),
                    describe(field)
                );
                return mismatch(field.name(), what);
            }
            Err(_) => {
                return mismatch(
                    field.name(),
                    "the column of the first file is missing here".into(),
                );
            }
        }
    }
    match other
        .fields()
        .iter()
        .find(|field| first.field_with_name(field.name()).is_err())
    {
        Some(field) => mismatch(field.name(), "the column is not in the first file".into()),
        None if first.fields() != other.fields() => Err(Error::new(
            ErrorKind::SchemaMismatch,
            "the columns are in another order than in the first file",
        )),
        None => Ok(()),
    }
}

fn describe(field: &arrow::datatypes::Field) -> String {
    let nullable = if field.is_nullable() { "nullable " } else { "" };
    format!("{nullable}{}", field.data_type())
}
