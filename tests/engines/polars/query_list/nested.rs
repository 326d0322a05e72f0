//! Lists, structs, maps and unions.

use ::polars::prelude::*;

use super::{Query, by, field};

const NULLS_KEPT: ExplodeOptions = ExplodeOptions {
    empty_as_null: true,
    keep_nulls: true,
};

const NULLS_DROPPED: ExplodeOptions = ExplodeOptions {
    empty_as_null: false,
    keep_nulls: false,
};

fn explode(lf: LazyFrame, column: &'static str, options: ExplodeOptions) -> LazyFrame {
    lf.select([col("id"), col(column)])
        .explode(by_name([column], true, false), options)
}

pub(super) const QUERIES: &[Query] = &[
    ("fields of a struct", |lf, _| {
        lf.select([field("place", "city"), field("place", "zip")])
    }),
    ("a field of a field", |lf, _| {
        let spot = field("place", "spot").struct_();
        lf.select([col("id"), spot.field_by_name("lon")])
    }),
    ("a field of a struct with nulls", |lf, _| {
        lf.select([field("owner", "name"), col("owner").is_null().alias("none")])
    }),
    ("unnest", |lf, _| {
        lf.select([col("id"), col("place")])
            .unnest(by_name(["place"], true, false), None)
    }),
    ("unnest with nulls, and long names", |lf, _| {
        lf.select([col("id"), col("owner"), col("place")])
            .unnest(by_name(["owner", "place"], true, false), Some(".".into()))
    }),
    ("unnest, filter, head", |lf, _| {
        lf.select([col("id"), col("place")])
            .unnest(by_name(["place"], true, false), None)
            .filter(col("zip").gt(lit(300)))
            .limit(9)
    }),
    ("a struct of columns", |lf, _| {
        let parts = vec![col("name"), col("place"), col("tags")];
        lf.select([as_struct(parts).alias("all"), col("id")])
    }),
    ("branches of a union", |lf, _| {
        lf.select([field("either", "long"), field("either", "string")])
    }),
    ("explode", |lf, _| explode(lf, "tags", NULLS_KEPT)),
    ("explode without what is empty", |lf, _| {
        explode(lf, "tags", NULLS_DROPPED)
    }),
    ("explode with nulls", |lf, _| {
        explode(lf, "scores", NULLS_KEPT)
    }),
    ("explode structs", |lf, _| explode(lf, "items", NULLS_KEPT)),
    ("explode structs, unnest", |lf, _| {
        explode(lf, "items", NULLS_DROPPED).unnest(by_name(["items"], true, false), None)
    }),
    ("explode a map", |lf, _| {
        explode(lf, "counts", NULLS_DROPPED).unnest(by_name(["counts"], true, false), None)
    }),
    ("explode beside everything", |lf, _| {
        lf.explode(by_name(["tags"], true, false), NULLS_KEPT)
    }),
    ("explode, filter", |lf, _| {
        explode(lf, "tags", NULLS_KEPT).filter(col("tags").eq(lit("red")))
    }),
    ("filter, explode", |lf, _| {
        explode(lf.filter(col("flag")), "scores", NULLS_DROPPED)
    }),
    ("head, explode", |lf, _| {
        explode(lf.limit(12), "tags", NULLS_KEPT)
    }),
    ("explode, head", |lf, _| {
        explode(lf, "tags", NULLS_KEPT).limit(12)
    }),
    ("explode, group_by", |lf, _| {
        explode(lf, "tags", NULLS_DROPPED)
            .group_by(by("tags"))
            .agg([len(), col("id").sum()])
            .sort(["tags"], SortMultipleOptions::default())
    }),
    ("explode, and back", |lf, _| {
        explode(lf, "tags", NULLS_DROPPED)
            .group_by_stable(by("id"))
            .agg([col("tags")])
    }),
    ("lengths of lists", |lf, _| {
        lf.select([
            col("tags").list().len(),
            col("scores").list().len(),
            col("items").list().len(),
            col("counts").list().len(),
        ])
    }),
    ("items of lists", |lf, _| {
        lf.select([
            col("tags").list().first(),
            col("scores").list().get(lit(-1), true),
            col("items").list().last(),
        ])
    }),
    ("sums of lists", |lf, _| {
        lf.select([
            col("id"),
            col("scores").list().sum().alias("sum"),
            col("scores").list().max().alias("max"),
        ])
    }),
    ("sorted lists", |lf, _| {
        lf.select([
            col("tags").list().sort(SortOptions::default()),
            col("scores").list().slice(lit(1), lit(1)),
        ])
    }),
    ("fields of the first of a list", |lf, _| {
        let first = col("items").list().first().struct_();
        lf.select([col("id"), first.field_by_name("sku")])
    }),
    ("lists of everything", |lf, _| {
        lf.select([col("id").implode(true), col("place").implode(true)])
    }),
];
