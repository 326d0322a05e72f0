//! Avro files in a [`SessionContext`].

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::common::{Result, TableReference};
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::{DataFilePaths, SessionContext};

use crate::metadata::{self, MetadataFunction};
use crate::settings::AvroSettings;
use crate::{AvroFormatFactory, AvroOptions, AvroReadOptions, AvroTable, AvroTableFactory};

/// What a session can do with Avro files.
///
/// The names are not those that DataFusion uses when it is built with its own Avro reader: where
/// that is the case, inherent methods would hide the ones of this trait.
#[async_trait]
pub trait AvroSessionExt {
    /// Makes `CREATE EXTERNAL TABLE .. STORED AS AVRO` use this reader, and `SELECT .. FROM
    /// 'x.avro'` too where [`SessionContext::enable_url_table`] allows it, instead of the reader
    /// that the session has for Avro files, if any.
    ///
    /// It also registers the table function `avro_metadata('path-or-url')`: a row for each entry of
    /// the metadata in each file's header, with the columns `file`, `key`, `value` (null where the
    /// value is not UTF-8) and `bytes`.
    ///
    /// The options are the defaults of what statements do not set. In between stands what the session
    /// sets, and this makes that possible: `SET avro.on_error = 'skip'` takes any key of
    /// [`AvroOptions`] but `reader_schema`.
    ///
    /// # Errors
    /// Those of registering a file format.
    fn enable_avroscan(&self, options: AvroOptions) -> Result<()>;

    /// Registers the files at a path as a table: one file, a glob, or all files in a directory
    /// whose names end in `.avro`.
    ///
    /// # Errors
    /// When there are no files, when they are not Avro files, or when their schemas cannot be
    /// resolved to the one that the table is read as.
    async fn register_avro_table(
        &self,
        name: impl Into<TableReference> + Send,
        path: impl DataFilePaths + Send,
        options: AvroReadOptions,
    ) -> Result<()>;

    /// The files at a path, or at several, as a [`DataFrame`].
    ///
    /// # Errors
    /// Those of [`register_avro_table`](Self::register_avro_table).
    async fn read_avro_table(
        &self,
        path: impl DataFilePaths + Send,
        options: AvroReadOptions,
    ) -> Result<DataFrame>;
}

#[async_trait]
impl AvroSessionExt for SessionContext {
    fn enable_avroscan(&self, options: AvroOptions) -> Result<()> {
        let state = self.state_ref();
        let mut state = state.write();
        let extensions = &mut state.config_mut().options_mut().extensions;
        if extensions.get::<AvroSettings>().is_none() {
            extensions.insert(AvroSettings::default());
        }
        let metadata = MetadataFunction::new(options.clone());
        state.register_udtf(metadata::NAME, Arc::new(metadata));
        state.register_file_format(Arc::new(AvroFormatFactory::new(options)), true)?;
        let tables = state.table_factories_mut();
        tables.insert("AVRO".to_owned(), Arc::new(AvroTableFactory::default()));
        Ok(())
    }

    async fn register_avro_table(
        &self,
        name: impl Into<TableReference> + Send,
        path: impl DataFilePaths + Send,
        options: AvroReadOptions,
    ) -> Result<()> {
        let name = name.into();
        let paths = path.to_urls()?;
        // The listings that the session caches under the table's name go when the table goes.
        let paths = paths
            .into_iter()
            .map(|path| path.with_table_ref(name.clone()))
            .collect();
        let table = AvroTable::open(&self.state(), paths, options).await?;
        self.register_table(name, Arc::new(table))?;
        Ok(())
    }

    async fn read_avro_table(
        &self,
        path: impl DataFilePaths + Send,
        options: AvroReadOptions,
    ) -> Result<DataFrame> {
        let table = AvroTable::open(&self.state(), path.to_urls()?, options).await?;
        self.read_table(Arc::new(table))
    }
}
