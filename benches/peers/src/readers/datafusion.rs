//! DataFusion, over this project's table and with its own reader.

use std::hint::black_box;
use std::path::Path;

use avroscan::{StorageOptions, open_store};
use avroscan_datafusion::{AvroOptions, AvroReadOptions as ReadOptions, AvroSessionExt};
use avroscan_tests::queries;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::prelude::{AvroReadOptions, SessionConfig, SessionContext, col, lit};
use futures::StreamExt;
use tokio::runtime::Runtime;

use super::engines::Query;
use crate::Result;
use crate::answer::{Answer, Probe};
use crate::files::AvroFile;

/// Whose table is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Table {
    /// This project's.
    Avroscan,
    /// This project's, with the filter above the scan.
    AvroscanFilteredAbove,
    /// The one that DataFusion brings.
    Native,
}

/// A session with as many partitions and threads as there are cores.
pub(crate) struct Session {
    runtime: Runtime,
    context: SessionContext,
}

impl Session {
    pub(crate) fn new(cores: usize) -> Result<Self> {
        let config = SessionConfig::new().with_target_partitions(cores);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(cores)
            .enable_all()
            .build()?;
        Ok(Self {
            runtime,
            context: SessionContext::new_with_config(config),
        })
    }

    /// The same session, with a bucket that these options lead to.
    pub(crate) fn with_bucket(self, url: &str, options: &StorageOptions) -> Result<Self> {
        let url = url.parse()?;
        let (store, _) = open_store(&url, options)?;
        self.context.register_object_store(&url, store);
        Ok(self)
    }

    /// Makes files the table of this name.
    pub(crate) fn register(
        &self,
        name: &str,
        table: Table,
        path: &str,
        partition_columns: Vec<(String, DataType)>,
    ) -> Result<()> {
        let context = &self.context;
        self.runtime.block_on(async {
            if let Table::Native = table {
                let options = AvroReadOptions::default().table_partition_cols(partition_columns);
                return Ok(context.register_avro(name, path, options).await?);
            }
            let options = ReadOptions::default().with_partition_columns(partition_columns);
            Ok(context.register_avro_table(name, path, options).await?)
        })
    }

    /// The lines of the answer to one of the suite's queries over the table of this name.
    pub(crate) fn answer(&self, sql: &str, table: &str) -> Result<Vec<String>> {
        self.runtime.block_on(async {
            let frame = self.context.sql(&queries::over(sql, table)).await?;
            let batches = frame.collect().await?;
            if batches.iter().all(|batch| batch.num_rows() == 0) {
                return Ok(Vec::new());
            }
            let printed = pretty_format_batches(&batches)?.to_string();
            Ok(queries::lines(sql, table, &printed))
        })
    }

    async fn query(&self, table: Table, file: &AvroFile, query: Query) -> Result<DataFrame> {
        let (context, path) = (&self.context, file.path_text());
        let options = AvroOptions::default();
        let frame = match table {
            Table::Avroscan => context.read_avro_table(path, options.into()).await?,
            Table::AvroscanFilteredAbove => {
                let options = options.with_pushdown_filters(false);
                context.read_avro_table(path, options.into()).await?
            }
            Table::Native => context.read_avro(path, AvroReadOptions::default()).await?,
        };
        Ok(match query {
            Query::All => frame,
            Query::Columns(columns) => frame.select_columns(columns)?,
            Query::Filter {
                column,
                thousandths,
            } => frame.filter((col(column) % lit(1_000i64)).lt(lit(thousandths)))?,
        })
    }

    /// Runs a query and lets go of each batch.
    pub(crate) fn stream(&self, table: Table, file: &AvroFile, query: Query) -> Result<Answer> {
        self.runtime.block_on(async {
            let frame = self.query(table, file, query).await?;
            let mut batches = frame.execute_stream().await?;
            let mut answer = Answer::default();
            while let Some(batch) = batches.next().await {
                answer = answer + Answer::of(&file.probe, &black_box(batch?));
            }
            Ok(answer)
        })
    }

    /// Runs a query into batches that are all kept.
    pub(crate) fn collect(&self, table: Table, file: &AvroFile, query: Query) -> Result<Answer> {
        self.runtime.block_on(async {
            let batches = self.query(table, file, query).await?.collect().await?;
            let of = |probe: &Probe| batches.iter().map(|batch| Answer::of(probe, batch)).sum();
            Ok(of(&file.probe))
        })
    }

    /// The number of rows.
    pub(crate) fn count(&self, table: Table, file: &AvroFile) -> Result<Answer> {
        self.runtime.block_on(async {
            let frame = self.query(table, file, Query::All).await?;
            Ok(Answer::rows(frame.count().await? as u64))
        })
    }

    /// The first rows.
    pub(crate) fn first(&self, table: Table, file: &AvroFile, rows: u64) -> Result<Answer> {
        self.runtime.block_on(async {
            let frame = self.query(table, file, Query::All).await?;
            let batches = frame.limit(0, Some(rows as usize))?.collect().await?;
            Ok(batches
                .iter()
                .map(|batch| Answer::of(&file.probe, batch))
                .sum())
        })
    }

    /// Sinks a file into a Parquet file.
    pub(crate) fn to_parquet(&self, table: Table, file: &AvroFile, path: &Path) -> Result<()> {
        let path = path.to_str().expect("the directory's name is UTF-8");
        self.runtime.block_on(async {
            let frame = self.query(table, file, Query::All).await?;
            let options = DataFrameWriteOptions::new().with_single_file_output(true);
            frame.write_parquet(path, options, None).await?;
            Ok(())
        })
    }
}
