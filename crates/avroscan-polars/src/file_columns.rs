//! Columns that hold the same value in all rows of a file: what its path says.

use polars::prelude::*;
use polars_plan::plans::hive::{get_hive_parts_iter, hive_partitions_from_paths};
use polars_utils::pl_path::PlRefPath;

/// Such columns of a scan, with a row for each of its files.
///
/// They are the `key=value` directories on the way to a file, and the path itself. Nothing is
/// decoded for them, and a filter on them alone decides which files are read.
#[derive(Debug, Clone)]
pub(crate) struct FileColumns(DataFrame);

impl FileColumns {
    /// The columns of the files at these paths.
    ///
    /// `hive` says what to make of directories, if they are to be columns: those after the first
    /// [`hive_start_idx`](HiveOptions::hive_start_idx) bytes of each path. `path` is the name of the
    /// column for the path itself, if it is wanted. `data` is what the files hold.
    ///
    /// # Errors
    /// If a value is not of the type that the schema of `hive` has for its key, or a file has keys
    /// that others do not have.
    pub(crate) fn new(
        paths: &[PlRefPath],
        data: &Schema,
        hive: Option<&HiveOptions>,
        path: Option<&PlSmallStr>,
    ) -> PolarsResult<Self> {
        let mut columns = match hive {
            None => Vec::new(),
            Some(hive) => {
                same_keys(paths, hive.hive_start_idx)?;
                hive_partitions_from_paths(
                    paths,
                    hive.hive_start_idx,
                    hive.schema.clone(),
                    data,
                    hive.try_parse_dates,
                )?
                .map_or_else(Vec::new, |parts| parts.df().columns().to_vec())
            }
        };
        if let Some(name) = path {
            let paths = paths.iter().map(|path| path.as_str());
            let paths = StringChunked::from_iter_values(name.clone(), paths);
            columns.push(paths.into_column());
        }
        DataFrame::new(paths.len(), columns).map(Self)
    }

    /// What the files hold and these columns: a key that is in the files too keeps its place and
    /// has the value of the directory, the others follow.
    ///
    /// # Errors
    /// If the column of paths has the name of another.
    pub(crate) fn schema(
        &self,
        data: &Schema,
        path: Option<&PlSmallStr>,
    ) -> PolarsResult<SchemaRef> {
        let mut schema = data.clone();
        for column in self.0.columns() {
            let replaced = schema.insert(column.name().clone(), column.dtype().clone());
            if replaced.is_some() && path == Some(column.name()) {
                polars_bail!(Duplicate: "the column of file paths cannot be called {:?}: that is \
                    a column of the files", column.name());
            }
        }
        Ok(Arc::new(schema))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.width() == 0
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.schema().contains(name)
    }

    /// All of them, a row for each file.
    pub(crate) fn frame(&self) -> &DataFrame {
        &self.0
    }

    /// What a file holds, and the columns that its path makes, as those of `columns`.
    ///
    /// # Errors
    /// If `columns` has one that is in neither.
    pub(crate) fn join(
        &self,
        data: DataFrame,
        columns: &Schema,
        file: usize,
    ) -> PolarsResult<DataFrame> {
        if self.is_empty() {
            return Ok(data);
        }
        let rows = data.height();
        let column = |name: &PlSmallStr| match self.0.column(name) {
            Ok(values) => Ok(values.new_from_index(file, rows)),
            Err(_) => data.column(name).cloned(),
        };
        let columns = columns.iter_names().map(column);
        DataFrame::new(rows, columns.collect::<PolarsResult<_>>()?)
    }
}

/// Refuses files of which some have a key that others lack.
fn same_keys(paths: &[PlRefPath], start: usize) -> PolarsResult<()> {
    let keys = |path: &PlRefPath| {
        let below = path.sliced(start..path.as_str().len());
        let keys = get_hive_parts_iter(&below).map(|(key, _)| key.to_owned());
        keys.collect::<Vec<_>>()
    };
    let Some(first) = paths.first() else {
        return Ok(());
    };
    let expected = keys(first);
    for path in paths {
        let found = keys(path);
        polars_ensure!(
            found == expected,
            InvalidOperation: "the directories of {path} have the keys {found:?}, those of {first} \
                {expected:?}: hive partitions have the same ones everywhere"
        );
    }
    Ok(())
}
