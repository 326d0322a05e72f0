//! Queries over Avro files on Ballista: a scheduler and an executor, which get their plans as bytes.
//! The answers are those that a session gives by itself.

use std::error::Error;
use std::sync::Arc;

use avroscan_datafusion::{
    AvroLogicalCodec, AvroPhysicalCodec, AvroReadOptions, AvroSessionExt,
};
use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};

const QUERIES: [&str; 4] = [
    "SELECT customer['address']['country'] AS country,
            count(*) AS orders,
            count(*) FILTER (WHERE customer['email'] IS NULL) AS without_email,
            sum(total) AS revenue
     FROM orders
     WHERE status <> 'CANCELLED'
     GROUP BY country ORDER BY revenue DESC LIMIT 5",
    "SELECT year, count(*), min(id), max(id) FROM orders WHERE year > '2022' GROUP BY year
     ORDER BY year",
    "SELECT year, id, total FROM orders WHERE weight > 400 ORDER BY total DESC, year, id LIMIT 10",
    "SELECT a.year, count(*), sum(b.total) FROM orders a JOIN orders b ON a.id = b.id + 1
     WHERE a.year = b.year AND b.status = 'NEW' GROUP BY a.year ORDER BY a.year",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let orders = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../docs/data/orders.avro");
    for year in 2022..=2024 {
        let year = folder.path().join(format!("year={year}"));
        std::fs::create_dir(&year)?;
        std::fs::copy(orders, year.join("orders.avro"))?;
    }
    let path = format!("{}/", folder.path().display());

    // The codecs do what is theirs, and leave the rest to those of Ballista.
    let logical = AvroLogicalCodec::new(Arc::new(BallistaLogicalExtensionCodec::default()));
    let physical = AvroPhysicalCodec::new(Arc::new(BallistaPhysicalExtensionCodec::default()));
    let config = SessionConfig::new_with_ballista()
        .with_ballista_logical_extension_codec(Arc::new(logical))
        .with_ballista_physical_extension_codec(Arc::new(physical))
        .with_ballista_standalone_parallelism(4);
    let ballista = SessionContext::standalone_with_state(state(config)).await?;
    let alone = SessionContext::new_with_state(state(SessionConfig::new()));
    for ctx in [&ballista, &alone] {
        let year = vec![("year".to_owned(), DataType::Utf8)];
        let options = AvroReadOptions::default().with_partition_columns(year);
        ctx.register_avro_table("orders", path.as_str(), options).await?;
    }

    // Files are cut into ranges, so several tasks read parts of one.
    let plan = alone.sql("SELECT id FROM orders").await?.create_physical_plan().await?;
    let plan = displayable(plan.as_ref()).indent(false).to_string();
    assert!(plan.contains("orders.avro:0.."), "{plan}");

    for sql in QUERIES {
        let expected = pretty_format_batches(&alone.sql(sql).await?.collect().await?)?;
        let answer = pretty_format_batches(&ballista.sql(sql).await?.collect().await?)?;
        assert_eq!(answer.to_string(), expected.to_string(), "{sql}");
        println!("{sql}\n{answer}\n");
    }
    Ok(())
}

/// Three files in four partitions, each cut where it need be.
fn state(config: SessionConfig) -> SessionState {
    let config = config
        .with_target_partitions(4)
        .with_repartition_file_min_size(1);
    SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .build()
}
