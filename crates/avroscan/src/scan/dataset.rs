//! Several files read as one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::decode::Decoder;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::DecodePlan;
use crate::scan::counted::add_rows;
use crate::scan::feed::Part;
use crate::scan::{
    AvroFile, BatchReader, BatchStream, IdleWorkers, ReadReport, ScanOptions, SchemaMode, block_on,
    count_rows,
};
use crate::schema::AvroSchema;
use crate::source::{Source, StorageOptions, find_sources};
use crate::split::Split;

/// Files whose headers are opened at the same time.
const OPEN_AT_ONCE: usize = 16;

/// Files that are read as one, opened and planned: what the front ends read from.
///
/// All are read as one schema: [`ScanOptions::reader_schema`], or what
/// [`ScanOptions::schema_mode`] makes of theirs. A clone shares all.
#[derive(Debug, Clone)]
pub struct Scan {
    files: Arc<[Arc<AvroFile>]>,
    reader: Arc<AvroSchema>,
    /// Of the columns as the reader's schema has them. What nests too deep in it matters once it is
    /// read.
    plan: Arc<DecodePlan>,
    /// One a file; files with the same schema share it. None where a file lacks what is wanted,
    /// which matters once it is read.
    plans: Vec<Option<Arc<DecodePlan>>>,
    options: ScanOptions,
    workers: Arc<IdleWorkers>,
}

impl Scan {
    /// Finds and opens the files of `inputs`: paths, patterns, directories and URLs, as
    /// [`find_sources`] understands them.
    ///
    /// # Errors
    /// Those of [`find_sources`], [`AvroFile::open`] and [`AvroSchema::union_by_name`], and for the
    /// projection those of [`ScanOptions::plan`].
    pub async fn open<S: AsRef<OsStr>>(
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
    pub fn open_blocking<S: AsRef<OsStr>>(
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
        let reader = reader_schema(&files, &options)?;
        Self::new(files.into(), reader, options)
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

    /// The same files, read otherwise: other columns, another filter, more or fewer rows at a time.
    ///
    /// The schema that all rows are read as stays, whatever the options say of schemas.
    ///
    /// # Errors
    /// Those of [`ScanOptions::plan`]; [`Usage`](ErrorKind::Usage) for options that cannot be.
    pub fn with_options(&self, options: ScanOptions) -> Result<Self> {
        options.check()?;
        Self::new(self.files.clone(), self.reader.clone(), options)
    }

    fn new(
        files: Arc<[Arc<AvroFile>]>,
        reader: Arc<AvroSchema>,
        options: ScanOptions,
    ) -> Result<Self> {
        // The schema of all is the first file's, unless it comes from elsewhere.
        let first = files
            .first()
            .filter(|file| file.header().schema.json() == reader.json());
        let plan = options.plan_as(&reader, &reader);
        let plan = Arc::new(plan.map_err(|error| match first {
            Some(file) => error.in_file(file.location()),
            None => error,
        })?);
        let own = plan.is_readable().then(|| plan.clone());
        let mut known = HashMap::from([(reader.json(), own)]);
        let plans = files.iter().map(|file| {
            let schema = &file.header().schema;
            let plan = || options.plan_as(schema, &reader)?.readable();
            let new = || plan().ok().map(Arc::new);
            known.entry(schema.json()).or_insert_with(new).clone()
        });
        let plans = plans.collect();
        Ok(Self {
            files,
            reader,
            plan,
            plans,
            options,
            workers: Arc::default(),
        })
    }

    /// The same scan with another report, which a [`SkipBudget`](crate::SkipBudget) is counted in.
    /// Nothing is planned anew.
    #[must_use]
    pub fn with_report(&self, report: ReadReport) -> Self {
        Self {
            options: self.options.clone().with_report(report),
            ..self.clone()
        }
    }

    /// The plan of the file of this number.
    fn plan_of(&self, file: &AvroFile, index: usize) -> Result<Arc<DecodePlan>> {
        match self.plans.get(index) {
            Some(Some(plan)) => Ok(plan.clone()),
            _ => self
                .options
                .plan_as(&file.header().schema, &self.reader)
                .and_then(DecodePlan::readable)
                .map(Arc::new)
                .map_err(|error| error.in_file(file.location())),
        }
    }

    /// The schema of the batches. A column that nests deeper than
    /// [`Limits::column_depth`](crate::Limits::column_depth) is of the type null in it, and an error
    /// once it is read.
    pub fn schema(&self) -> SchemaRef {
        self.plan.arrow_schema().clone()
    }

    /// A batch without rows: what [`schema`](Self::schema) says, and the symbols of the enums, which
    /// Arrow keeps with the values.
    ///
    /// # Errors
    /// None that a file or a caller could cause.
    pub fn empty_batch(&self) -> Result<RecordBatch> {
        Decoder::new(self.plan.clone(), self.options.limits.clone()).finish()
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

    /// The schema that the rows are read as.
    pub fn reader_schema(&self) -> &Arc<AvroSchema> {
        &self.reader
    }

    /// The first file's metadata: what its writer put beside the rows, `avro.schema` and
    /// `avro.codec` included.
    pub fn metadata(&self) -> &[(String, Vec<u8>)] {
        self.files
            .first()
            .map_or(&[], |file| &file.header().metadata)
    }

    /// All rows of all files, in order. Each stream has the whole skip budget: its report is a
    /// [part](ReadReport::part) of that of the options.
    ///
    /// # Errors
    /// Those of [`Scan::stream_of`].
    pub fn stream(&self) -> Result<BatchStream> {
        let run = self.with_report(self.options.report.part());
        run.stream_of((0..self.files.len()).map(|file| (file, Split::all())))
    }

    /// The rows of these splits of files, given by their number in [`files`](Self::files), in
    /// this order. All such streams of one scan have one skip budget: for another run over the same
    /// splits, take the scan [`with_report`](Self::with_report) of a new part.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for the number of a file that does not exist,
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) for a file that cannot be read as the schema
    /// of all, with the column; [`Limit`](ErrorKind::Limit) for a column that nests too deep.
    pub fn stream_of(
        &self,
        parts: impl IntoIterator<Item = (usize, Split)>,
    ) -> Result<BatchStream> {
        let parts = parts
            .into_iter()
            .map(|(index, split)| match self.files.get(index) {
                Some(file) => Ok(Part {
                    file: file.clone(),
                    plan: self.plan_of(file, index)?,
                    split,
                }),
                None => Err(Error::new(
                    ErrorKind::Usage,
                    format!("the scan has no file number {index}"),
                )),
            })
            .collect::<Result<Vec<_>>>()?;
        BatchStream::of_parts(self.schema(), parts, &self.options, &self.workers)
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
    /// Those of [`count_rows`](crate::count_rows).
    pub async fn count_rows(&self) -> Result<u64> {
        let ScanOptions {
            limits, progress, ..
        } = &self.options;
        stream::iter(self.files.iter())
            .map(|file| count_rows(file, Split::all(), limits, progress))
            .buffered(OPEN_AT_ONCE)
            .try_fold(0u64, |sum, rows| async move { add_rows(sum, rows) })
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

/// The schema that the rows of all files are read as.
fn reader_schema(files: &[Arc<AvroFile>], options: &ScanOptions) -> Result<Arc<AvroSchema>> {
    let Some(first) = files.first() else {
        let what = "a scan needs at least one file";
        return Err(Error::new(ErrorKind::Usage, what));
    };
    Ok(match (&options.reader_schema, options.schema_mode) {
        (Some(schema), _) => schema.clone(),
        (None, SchemaMode::First) => Arc::new(first.header().schema.with_null_defaults()),
        (None, SchemaMode::UnionByName) => {
            let schemas = files
                .iter()
                .map(|file| (&**file.location(), &*file.header().schema));
            Arc::new(AvroSchema::union_by_name(schemas, &options.limits)?)
        }
    })
}
