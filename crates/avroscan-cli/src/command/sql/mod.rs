//! `avroscan sql`: a question in SQL, answered by DataFusion.

mod stores;
mod tables;

use avroscan::{ReadReport, ScanOptions};
use avroscan_datafusion::{AvroOptions, AvroSessionExt};
use clap::{Args, ValueEnum};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{LogicalPlan, Statement};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use datafusion::sql::parser::DFParser;
use futures::StreamExt;

use crate::args::{ReadArgs, SchemaArgs, StorageArgs, ThreadArgs, parse_pair};
use crate::failure::Failure;
use crate::output::Format;
use crate::skipped::{SkipArgs, tell};

/// Answer a question in SQL over Avro, CSV, Parquet, JSON and Arrow files
///
/// A quoted path or URL stands for a table: FROM 'events.avro'. --table gives it a name. The ending
/// of a file says what it is. The SQL is DataFusion's, with its functions; several statements are
/// separated by semicolons, so CREATE EXTERNAL TABLE and SET work too. A reader schema, a schema mode,
/// unrolling and what is done with damaged blocks apply to all Avro files; SET avro.* and OPTIONS of a
/// table take precedence.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan sql \"SELECT user['country'], count(*) FROM 'events.avro' GROUP BY 1 ORDER BY 2 DESC\"
  avroscan sql --table e='events/*.avro' --table u=users.csv --format jsonl \\
      \"SELECT u.name, e.amount FROM e JOIN u ON e.user_id = u.id\"")]
pub(crate) struct Sql {
    /// One or more SQL statements
    #[arg(value_name = "QUERY")]
    query: String,

    /// A name for a file, pattern, directory or URL; may be repeated
    #[arg(long = "table", value_name = "NAME=PATH", value_parser = parse_pair)]
    tables: Vec<(String, String)>,

    /// The form of the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
    format: AnswerFormat,

    #[command(flatten)]
    threads: ThreadArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    schema: SchemaArgs,

    #[command(flatten)]
    skip: SkipArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AnswerFormat {
    /// A table with borders, written when the answer is complete
    Table,
    /// A header line and one line a row, written as they come
    Csv,
    /// One JSON object a line, written as they come
    Jsonl,
}

impl Sql {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.enable_all();
        if let Some(threads) = self.threads.threads {
            runtime.worker_threads(threads.get());
        }
        let runtime = runtime
            .build()
            .map_err(|error| Failure::Failed(format!("cannot start threads: {error}")))?;
        runtime.block_on(self.answer())
    }

    async fn answer(&self) -> Result<(), Failure> {
        let report = ReadReport::default();
        let context = self.session(&report)?;
        for (name, path) in &self.tables {
            let table = tables::open(path, &context.state()).await?;
            context.register_table(name.as_str(), table)?;
        }
        let statements = DFParser::parse_sql(&self.query)?;
        if statements.is_empty() {
            return Err(Failure::Usage("the query is empty".to_owned()));
        }
        for statement in statements {
            tables::open_paths(&context, &statement).await?;
            let plan = context.state().statement_to_plan(statement).await?;
            // CREATE, DROP, SET and their like only do something.
            let answers = match &plan {
                LogicalPlan::Ddl(_) => false,
                LogicalPlan::Statement(statement) => matches!(statement, Statement::Execute(_)),
                _ => true,
            };
            let frame = context.execute_logical_plan(plan).await?;
            if answers {
                self.write(frame).await?;
            }
        }
        tell(&report);
        Ok(())
    }

    /// Runs a query and writes its answer.
    async fn write(&self, frame: DataFrame) -> Result<(), Failure> {
        let format = match self.format {
            AnswerFormat::Table => Format::Table,
            AnswerFormat::Csv => Format::Csv,
            AnswerFormat::Jsonl => Format::Jsonl,
        };
        let mut batches = frame.execute_stream().await?;
        let mut output = format.to_stdout(batches.schema())?;
        while let Some(batch) = batches.next().await {
            output.write(&batch?)?;
        }
        output.finish()
    }

    /// A session with DataFusion's own formats, Avro read by this project, and stores opened as
    /// queries name them. The report tells what was skipped.
    fn session(&self, report: &ReadReport) -> Result<SessionContext, Failure> {
        let mut config = SessionConfig::new().with_information_schema(true);
        if let Some(threads) = self.threads.threads {
            config = config.with_target_partitions(threads.get());
        }
        if let Some(rows) = self.read.batch_size {
            config = config.with_batch_size(rows.get());
        }
        let runtime = RuntimeEnvBuilder::new()
            .with_object_store_registry(stores::Stores::new(self.storage.to_options()))
            .build_arc()?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        let scan = self.schema.apply_to(ScanOptions::default())?;
        let scan = self.skip.apply_to(scan);
        let mut options = AvroOptions::default()
            .with_on_error(scan.on_error)
            .with_skip_budget(scan.skip_budget)
            .with_leftover_bytes(scan.leftover_bytes)
            .with_report(report.clone())
            .with_schema_mode(scan.schema_mode)
            .with_unroll(scan.unroll);
        if let Some(schema) = scan.reader_schema {
            options = options.with_reader_schema(schema);
        }
        if let Some(blocks) = self.read.buffer_blocks {
            options = options.with_buffer_blocks(blocks);
        }
        if let Some(bytes) = self.read.buffer_bytes {
            options = options.with_buffer_bytes(bytes);
        }
        context.enable_avroscan(options)?;
        Ok(context)
    }
}
