//! What is read: files, and the columns that come out of them.

use avroscan::Scan;
use polars::prelude::*;
use polars_utils::pl_path::PlRefPath;

use crate::args::ScanArgsAvro;
use crate::convert;
use crate::error::to_polars;
use crate::file_columns::FileColumns;
use crate::sources::AvroSources;

/// Opened files and their columns, but for the row index, which is a matter of all of them.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) scan: Scan,
    /// What the files hold.
    pub(crate) data: SchemaRef,
    /// What their paths say.
    pub(crate) files: FileColumns,
    /// Both.
    pub(crate) schema: SchemaRef,
}

impl Table {
    /// Finds and opens the files, and reads their headers.
    ///
    /// # Errors
    /// As [`scan_avro`](crate::scan_avro).
    pub(crate) fn open(sources: AvroSources, args: &ScanArgsAvro) -> PolarsResult<Self> {
        let hive = args.hive_options.enabled;
        let hive = hive.unwrap_or_else(|| sources.is_directory());
        let root = sources.root().to_owned();
        let scan = sources.open(args).map_err(to_polars)?;
        let data = convert::schema(&scan.empty_batch().map_err(to_polars)?)?;
        let paths: Vec<_> = scan
            .files()
            .iter()
            .map(|file| PlRefPath::new(&**file.location()))
            .collect();
        let start = match paths.iter().all(|path| path.as_str().starts_with(&root)) {
            true => root.len(),
            false => 0,
        };
        let hive = hive.then(|| HiveOptions {
            hive_start_idx: start,
            ..args.hive_options.clone()
        });
        let path = args.include_file_paths.as_ref();
        let files = FileColumns::new(&paths, &data, hive.as_ref(), path)?;
        let schema = files.schema(&data, path)?;
        Ok(Self {
            scan,
            data,
            files,
            schema,
        })
    }

    /// All columns, the row index first if there is one.
    ///
    /// # Errors
    /// If it has the name of another column.
    pub(crate) fn schema_with(&self, index: Option<&RowIndex>) -> PolarsResult<SchemaRef> {
        let Some(RowIndex { name, .. }) = index else {
            return Ok(self.schema.clone());
        };
        polars_ensure!(
            !self.schema.contains(name),
            Duplicate: "the row index cannot be called {name:?}: that is a column of the scan"
        );
        let schema = self
            .schema
            .new_inserting_at_index(0, name.clone(), IDX_DTYPE)?;
        Ok(Arc::new(schema))
    }
}
