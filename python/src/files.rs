//! Opened files.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use avroscan::{Error, ErrorKind, Progress, Projection, ReadReport, Result, RowFilter, Scan};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::batch::Batch;
use crate::capsule;
use crate::errors;
use crate::file_columns::{FileColumns, Hive};
use crate::layout::{Layout, Origin, index_field};
use crate::options::{Column, Options};
use crate::predicate::{self, Filter};
use crate::profile::Profile;
use crate::rows::{Batches, Rows, codec_of};
use crate::sources::{self, Input, WILDCARDS};
use crate::stream::{Reader, negotiate, without_views};
use crate::wait;

/// The metadata of a file: its path, its codec, its schema and its entries.
type Metadata<'py> = (
    String,
    &'static str,
    String,
    Vec<(String, Bound<'py, PyBytes>)>,
);

/// Columns, each with the paths that lead to what is wanted of it.
type Paths = HashMap<String, Vec<String>>;

/// Files whose headers have been read, and how to read them.
#[pyclass(frozen, module = "avroscan._native")]
pub(crate) struct Files {
    scan: Scan,
    options: Options,
    /// The columns of the scan, each with the paths that lead to it. None where it is read whole.
    paths: Option<Paths>,
    /// What the files hold.
    data: SchemaRef,
    /// What their paths say.
    files: Arc<FileColumns>,
    needs_python: bool,
}

/// Finds the files and reads their headers.
#[pyfunction]
pub(crate) fn open(py: Python<'_>, inputs: Vec<Input>, options: Options) -> PyResult<Files> {
    let needs_python = sources::need_python(&inputs);
    let hive = Hive {
        start: root(&inputs).len(),
        schema: match &options.hive_schema {
            Some(schema) => Some(capsule::stream_schema(schema.bind(py))?),
            None => None,
        },
        dates: options.try_parse_hive_dates,
    };
    let is_hive = options
        .hive_partitioning
        .unwrap_or_else(|| is_directory(&inputs));
    let options_of_scan = &options;
    let opened = wait::wait_for(py, move || async move {
        let options = options_of_scan;
        let storage = options.storage();
        let sources = sources::find(inputs, options.glob, &storage).await?;
        Scan::from_sources(sources, options.scan_options()?).await
    })?;
    let scan = opened.map_err(|error| errors::plain_exception(py, &error))?;
    let selected = select(scan, options.columns.as_deref());
    let selected = selected.map_err(|error| match error.kind() {
        ErrorKind::Usage => errors::no_column(py, &error),
        _ => errors::plain_exception(py, &error),
    });
    let made = selected.map(|(scan, paths)| {
        let locations: Vec<_> = scan.files().iter().map(|file| file.location().clone()).collect();
        let hive = match hive.start {
            start if locations.iter().all(|path| path.len() >= start) => hive,
            _ => Hive { start: 0, ..hive },
        };
        let data = scan.schema();
        let path = options.include_file_paths.as_deref();
        let files = FileColumns::new(&locations, &data, is_hive.then_some(&hive), path)?;
        if !options.wide_index && options.row_index_offset > u64::from(u32::MAX) {
            let what = format!(
                "row_index_offset = {} exceeds maximum {}: the row index has 32 bits",
                options.row_index_offset,
                u32::MAX
            );
            return Err(Error::new(ErrorKind::Usage, what));
        }
        if let Some(name) = &options.row_index_name
            && (data.index_of(name).is_ok() || files.index_of(name).is_some())
        {
            let what = format!(
                "the row index cannot be called {name:?}: there is a column of that name (duplicate)"
            );
            return Err(Error::new(ErrorKind::Usage, what));
        }
        Ok(Files {
            needs_python: needs_python || options.progress.is_some(),
            scan,
            options,
            paths,
            data,
            files: Arc::new(files),
        })
    });
    made?.map_err(|error| errors::plain_exception(py, &error))
}

/// The scan of these columns, and the paths that lead to each.
fn select(scan: Scan, columns: Option<&[Column]>) -> Result<(Scan, Option<Paths>)> {
    let Some(columns) = columns else {
        return Ok((scan, None));
    };
    let all = scan.schema();
    let path = |column: &Column| match column {
        Column::Path(path) => Ok(path.clone()),
        Column::Number(number) => match all.fields().get(*number) {
            Some(field) => Ok(field.name().clone()),
            None => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "the column number {number} is out of range: there are {} columns",
                    all.fields().len()
                ),
            )),
        },
    };
    let chosen = columns.iter().map(path).collect::<Result<Vec<_>>>()?;
    let projected = |paths: &[String]| {
        scan.with_options(
            scan.options()
                .clone()
                .with_projection(Projection::columns(paths)),
        )
    };
    let mut paths = Paths::new();
    for path in &chosen {
        let schema = projected(std::slice::from_ref(path))?.schema();
        for field in schema.fields() {
            paths
                .entry(field.name().clone())
                .or_default()
                .push(path.clone());
        }
    }
    Ok((projected(&chosen)?, Some(paths)))
}

/// Whether the inputs are one directory.
fn is_directory(inputs: &[Input]) -> bool {
    match inputs {
        [Input::Name(name)] => name.as_encoded_bytes().ends_with(b"/") || Path::new(name).is_dir(),
        _ => false,
    }
}

/// What the paths of all files begin with where the inputs are one directory or one pattern.
fn root(inputs: &[Input]) -> String {
    let [Input::Name(name)] = inputs else {
        return String::new();
    };
    let text = name.to_string_lossy();
    if is_directory(inputs) {
        return text.into_owned();
    }
    text.find(WILDCARDS)
        .and_then(|wildcard| text.get(..wildcard)?.rfind('/'))
        .and_then(|slash| text.get(..=slash))
        .unwrap_or_default()
        .to_owned()
}

/// One reading of the files.
struct Plan {
    scan: Scan,
    layout: Arc<Layout>,
    /// The files to read, where not all of them are.
    files: Option<Vec<usize>>,
    n_rows: Option<u64>,
}

impl Files {
    fn profile(&self, polars: bool) -> Profile {
        Profile {
            polars,
            maps_as_lists: self.options.maps_as_lists,
        }
    }

    /// All columns: the row index, what the files hold, what their paths say.
    fn names(&self) -> Vec<String> {
        let name = |field: &Arc<arrow::datatypes::Field>| field.name().clone();
        let own = self.data.fields().iter().map(name);
        let of_files = self.files.schema().fields().iter().map(name);
        let of_files = of_files.filter(|name| self.data.index_of(name).is_err());
        self.options
            .row_index_name
            .clone()
            .into_iter()
            .chain(own)
            .chain(of_files)
            .collect()
    }

    /// The reading of these columns.
    fn plan(
        &self,
        names: &[String],
        profile: Profile,
        filter: Option<&str>,
        n_rows: Option<u64>,
        batch_size: Option<usize>,
    ) -> Result<Plan> {
        let mut wanted = Vec::new();
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            if self.options.row_index_name.as_ref() == Some(name) {
                columns.push((Origin::Index, index_field(name, self.options.wide_index)));
            } else if let Some(number) = self.files.index_of(name) {
                let field = Arc::new(self.files.schema().field(number).clone());
                columns.push((Origin::File(number), field));
            } else {
                let field = self.data.field_with_name(name).map_err(|_| {
                    Error::new(ErrorKind::Usage, format!("there is no column `{name}`"))
                })?;
                columns.push((Origin::Data(wanted.len()), Arc::new(field.clone())));
                wanted.push(name);
            }
        }
        let n_rows = match (n_rows, self.options.n_rows) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let layout = Layout {
            columns,
            files: self.files.clone(),
            profile,
        };
        // Rows are counted and numbered before any filter: where that matters, none is pushed.
        let filter = filter.filter(|_| n_rows.is_none() && !layout.has_index());
        let Filter { rows, files } = match filter {
            Some(json) => predicate::parse(json, &self.data, &self.files),
            None => Filter::default(),
        };
        let mut options = self
            .scan
            .options()
            .clone()
            .with_projection(self.projection(&wanted))
            .with_filter(rows.map(|filter| Arc::new(filter) as Arc<dyn RowFilter>))
            .with_n_rows(n_rows)
            .with_progress(Progress::default());
        if self.options.report().is_none() {
            options = options.with_report(ReadReport::default());
        }
        if let Some(rows) = batch_size {
            options = options.with_batch_size(rows);
        }
        Ok(Plan {
            scan: self.scan.with_options(options)?,
            layout: Arc::new(layout),
            files,
            n_rows,
        })
    }

    fn projection(&self, wanted: &[&String]) -> Projection {
        match &self.paths {
            None if wanted
                .iter()
                .copied()
                .eq(self.data.fields().iter().map(|f| f.name())) =>
            {
                Projection::All
            }
            None => Projection::columns(wanted.iter().copied()),
            Some(paths) => {
                let paths = wanted.iter().filter_map(|name| paths.get(*name)).flatten();
                Projection::columns(paths)
            }
        }
    }

    fn rows(&self, plan: &Plan, by_file: bool) -> Result<Rows> {
        let layout = plan.layout.clone();
        if !by_file && !layout.knows_files() && plan.files.is_none() {
            return Rows::together(&plan.scan, layout);
        }
        let all = || (0..plan.scan.files().len()).collect();
        Ok(Rows::by_file(
            plan.scan.clone(),
            layout,
            plan.files.clone().unwrap_or_else(all),
            self.options.row_index_offset,
            plan.n_rows,
        ))
    }

    /// A batch without rows: the types, and the symbols of the enums.
    fn empty_batch(&self, plan: &Plan) -> Result<arrow::array::RecordBatch> {
        plan.layout.finish(&plan.scan.empty_batch()?, 0, 0)
    }

    fn arrow_schema(&self) -> Result<SchemaRef> {
        let plan = self.plan(&self.names(), self.profile(false), None, None, None)?;
        Ok(self.empty_batch(&plan)?.schema())
    }

    fn raise(&self, py: Python<'_>, error: &Error) -> PyErr {
        errors::exception(py, error, |path| codec_of(&self.scan, path))
    }

    fn reader(&self, py: Python<'_>, schema: SchemaRef) -> Result<Reader> {
        let plan = self.plan(&self.names(), self.profile(false), None, None, None)?;
        Ok(Reader {
            rows: self.rows(&plan, false)?,
            schema,
            needs_python: self.needs_python,
            callback: self
                .options
                .progress
                .as_ref()
                .map(|callback| callback.clone_ref(py)),
            progress: plan.scan.options().progress.clone(),
        })
    }
}

#[pymethods]
impl Files {
    /// The names of all columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.names()
    }

    /// The paths of the files.
    #[getter]
    fn locations(&self) -> Vec<String> {
        self.scan
            .files()
            .iter()
            .map(|file| file.location().to_string())
            .collect()
    }

    /// The first file's Avro schema as JSON.
    #[getter]
    fn schema_json(&self) -> &str {
        self.scan.avro_schema_json()
    }

    /// Bytes of all files.
    #[getter]
    fn bytes_total(&self) -> u64 {
        self.scan.files().iter().map(|file| file.size()).sum()
    }

    /// For each file its path, codec, schema and metadata.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> Vec<Metadata<'py>> {
        let file = |file: &Arc<avroscan::AvroFile>| {
            let header = file.header();
            let entries = header.metadata.iter();
            let entries = entries.map(|(key, value)| (key.clone(), PyBytes::new(py, value)));
            (
                file.location().to_string(),
                header.codec.name(),
                header.schema.json().to_owned(),
                entries.collect(),
            )
        };
        self.scan.files().iter().map(file).collect()
    }

    /// The number of rows, from block headers alone.
    fn count_rows(&self, py: Python<'_>) -> PyResult<u64> {
        let rows = wait::wait_for(py, || self.scan.count_rows())?;
        let rows = rows.map_err(|error| self.raise(py, &error))?;
        Ok(rows.min(self.options.n_rows.unwrap_or(u64::MAX)))
    }

    /// A batch without rows, with the types of Polars.
    fn empty(&self, py: Python<'_>) -> PyResult<Batch> {
        let batch = py.detach(|| {
            let plan = self.plan(&self.names(), self.profile(true), None, None, None)?;
            self.empty_batch(&plan)
        });
        let batch = batch.map_err(|error| self.raise(py, &error))?;
        Ok(Batch::new(batch, true))
    }

    /// Begins to read, with the types of Polars: these columns; of the rows at least those that the
    /// predicate keeps, which is an expression of Polars as JSON; so many of them at most.
    #[pyo3(signature = (*, columns=None, predicate=None, n_rows=None, batch_size=None, by_file=false))]
    fn batches(
        &self,
        py: Python<'_>,
        columns: Option<Vec<String>>,
        predicate: Option<&str>,
        n_rows: Option<u64>,
        batch_size: Option<usize>,
        by_file: bool,
    ) -> PyResult<Batches> {
        let names = columns.unwrap_or_else(|| self.names());
        let made = py.detach(|| {
            let plan = self.plan(&names, self.profile(true), predicate, n_rows, batch_size)?;
            let schema = self.empty_batch(&plan)?.schema();
            let rows = self.rows(&plan, by_file)?;
            Ok::<_, Error>((rows, plan.scan, schema, plan.n_rows))
        });
        let (rows, scan, schema, n_rows) = made.map_err(|error| self.raise(py, &error))?;
        let callback = self
            .options
            .progress
            .as_ref()
            .map(|callback| callback.clone_ref(py));
        Ok(Batches::new(rows, scan, schema, callback, n_rows))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = self
            .arrow_schema()
            .map_err(|error| self.raise(py, &error))?;
        capsule::schema(py, &schema)
    }

    /// A new reading of all rows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let requested = requested_schema
            .as_ref()
            .map(capsule::requested_schema)
            .transpose()?;
        self.stream(py, |schema| negotiate(schema, requested.as_ref()))
    }

    /// The same with large offsets instead of views.
    fn stream_without_views<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        self.stream(py, |schema| Arc::new(without_views(schema)))
    }
}

impl Files {
    fn stream<'py>(
        &self,
        py: Python<'py>,
        schema: impl FnOnce(&SchemaRef) -> Arc<Schema>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let reader = self
            .arrow_schema()
            .and_then(|own| self.reader(py, schema(&own)));
        let reader = reader.map_err(|error| self.raise(py, &error))?;
        capsule::stream(py, Box::new(reader))
    }
}
