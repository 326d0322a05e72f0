//! Files as tables: `--table name=path` and quoted paths in FROM.

use std::collections::HashMap;
use std::sync::Arc;

use avroscan::ErrorKind;
use avroscan_datafusion::{AvroFormat, AvroTable};
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use futures::StreamExt;

/// Endings that stand for another one's format.
const ALIASES: [(&str, &str); 2] = [("jsonl", "json"), ("ndjson", "json")];

/// Opens what a statement's FROM clauses name and no table is: paths and URLs.
///
/// They become tables of that name, so that planning finds them. A name that does not look like a
/// path is left to the planner, which says that there is no such table.
pub(super) async fn open_paths(context: &SessionContext, statement: &Statement) -> Result<()> {
    for reference in context.state().resolve_table_references(statement)? {
        let TableReference::Bare { table: path } = &reference else {
            continue;
        };
        if looks_like_a_path(path) && !context.table_exist(reference.clone())? {
            let table = open(path, &context.state()).await?;
            context.register_table(reference.clone(), table)?;
        }
    }
    Ok(())
}

/// What exists is not asked: a statement must not mean something else because of a directory.
fn looks_like_a_path(name: &str) -> bool {
    name.contains(['/', '\\', '.', '*', '?'])
}

/// The table over a file, pattern, directory or URL.
///
/// The files are what the ending of the first one says that has an ending known here; the others
/// in a directory are passed over.
pub(super) async fn open(path: &str, state: &SessionState) -> Result<Arc<dyn TableProvider>> {
    let url = ListingTableUrl::parse(path)?;
    let (ending, format) = format_of(path, &url, state).await?;
    let config = ListingTableConfig::new(url)
        .with_listing_options(ListingOptions::new(format).with_file_extension(ending))
        .infer_partitions_from_path(state)
        .await?
        .infer_schema(state)
        .await?;
    let table = ListingTable::try_new(config)?;
    if table.options().format.is::<AvroFormat>() {
        return Ok(Arc::new(AvroTable::from(table)));
    }
    Ok(Arc::new(table))
}

async fn format_of(
    path: &str,
    url: &ListingTableUrl,
    state: &SessionState,
) -> Result<(String, Arc<dyn FileFormat>)> {
    let store = state.runtime_env().object_store(url)?;
    let mut files = url.list_all_files(state, store.as_ref(), "").await?;
    let mut unknown = None;
    while let Some(file) = files.next().await {
        let file = file?.location;
        let (ending, compression) =
            ListingTableConfig::infer_file_extension_and_compression_type(file.as_ref())?;
        let name = ALIASES
            .iter()
            .find(|(alias, _)| *alias == ending)
            .map(|(_, name)| *name);
        let Some(factory) = state.get_file_format_factory(name.unwrap_or(&ending)) else {
            unknown.get_or_insert(file);
            continue;
        };
        let mut options = HashMap::new();
        let mut full_ending = ending;
        if let Some(compression) = compression {
            full_ending = format!("{full_ending}.{compression}");
            options.insert("format.compression".to_owned(), compression);
        }
        return Ok((full_ending, factory.create(state, &options)?));
    }
    Err(match unknown {
        None => failure(ErrorKind::NotFound, format!("{path}: no such file")),
        Some(file) => failure(
            ErrorKind::Usage,
            format!(
                "{path}: the ending of `{}` does not say what it is; \
                 known are .avro, .csv, .parquet, .json, .jsonl and .arrow",
                file.filename().unwrap_or_default()
            ),
        ),
    })
}

fn failure(kind: ErrorKind, sentence: String) -> DataFusionError {
    DataFusionError::External(Box::new(avroscan::Error::new(kind, sentence)))
}
