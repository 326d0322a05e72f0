//! Tables for `CREATE EXTERNAL TABLE .. STORED AS AVRO`.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider, TableProviderFactory};
use datafusion::common::Result;
use datafusion::datasource::listing::ListingTable;
use datafusion::datasource::listing_table_factory::ListingTableFactory;
use datafusion::logical_expr::CreateExternalTable;

use crate::AvroTable;

/// Makes an [`AvroTable`] from a statement, as DataFusion makes its own tables over files: with
/// `PARTITIONED BY`, `WITH ORDER`, declared columns and `OPTIONS`.
///
/// Needs a session in which [`AvroFormatFactory`](crate::AvroFormatFactory) is registered.
#[derive(Debug, Default)]
pub struct AvroTableFactory {
    listing: ListingTableFactory,
}

#[async_trait]
impl TableProviderFactory for AvroTableFactory {
    async fn create(
        &self,
        state: &dyn Session,
        cmd: &CreateExternalTable,
    ) -> Result<Arc<dyn TableProvider>> {
        let table = self.listing.create(state, cmd).await?;
        Ok(match table.downcast_ref::<ListingTable>() {
            Some(listing) => Arc::new(AvroTable::from(listing.clone())),
            None => table,
        })
    }
}
