//! A projection never changes a value, and decides the columns and their order.

use avroscan::{ErrorKind, Projection, ScanOptions};
use avroscan_tests::data::orders;
use avroscan_tests::judge;
use avroscan_tests::schema::Schema;
use avroscan_tests::slow;
use avroscan_tests::write::Codec;

use crate::read::{batches, memory, outcome};

#[test]
fn columns_and_nested_fields_are_picked() {
    let file = orders::file(60, 7, Codec::Deflate);
    let schema = Schema::parse(orders::SCHEMA).unwrap();
    let physical = slow::File::open(&file).unwrap().rows().unwrap();
    let projections: [&[&str]; 12] = [
        &["id"],
        &["weight"],
        &["weight", "id", "status"],
        &["note", "attributes", "items"],
        &["customer.address.zip"],
        &[
            "customer.email",
            "id",
            "customer.address.country",
            "customer.name",
        ],
        &["customer.id", "customer"],
        &["customer", "customer.id"],
        &["items.discount"],
        &["total", "items.sku", "items.price"],
        &["ship_date", "updated_at", "placed_at"],
        &["id", "id"],
    ];
    for paths in projections {
        let projected = judge::project(&schema, paths);
        let expected: Vec<_> = physical
            .iter()
            .map(|row| judge::normal(&projected, row))
            .collect();
        let columns = Projection::columns(paths.iter().copied());
        for batch_size in [11, 1_000] {
            let options = ScanOptions::default()
                .with_projection(columns.clone())
                .with_batch_size(batch_size);
            let batches = batches(&file, &options);
            assert_eq!(
                *batches[0].schema(),
                judge::arrow_schema(&projected),
                "{paths:?}"
            );
            let rows: Vec<_> = batches.iter().flat_map(judge::batch_rows).collect();
            judge::same_rows(&rows, &expected).unwrap_or_else(|e| panic!("{paths:?}: {e}"));
        }
    }
}

#[test]
fn no_columns_are_rows_all_the_same() {
    let file = orders::file(60, 7, Codec::Bzip2);
    let options = ScanOptions::default()
        .with_projection(Projection::none())
        .with_batch_size(25);
    let batches = batches(&file, &options);
    let rows: Vec<_> = batches
        .iter()
        .map(|b| (b.num_columns(), b.num_rows()))
        .collect();
    assert_eq!(rows, [(0, 25), (0, 25), (0, 10)]);
    // The rows were counted, not decoded.
    assert_eq!(options.progress.blocks(), 0);
}

#[test]
fn columns_that_do_not_exist_are_refused_by_name() {
    for (path, culprit) in [
        ("nonsense", "`nonsense`"),
        ("customer.nonsense", "`nonsense`"),
        ("id.nonsense", "`nonsense`"),
        ("ID", "`ID`"),
        ("", "``"),
    ] {
        let options = ScanOptions::default().with_projection(Projection::columns(["weight", path]));
        let error = outcome(memory(orders::file(1, 1, Codec::Null)), &options)
            .error
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains(culprit), "{error}");
    }
}
