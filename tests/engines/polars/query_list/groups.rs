//! Groups, and rows that occur once.

use ::polars::prelude::*;

use super::{Query, by, field};

fn sorted<const N: usize>(lf: LazyFrame, by: [&str; N]) -> LazyFrame {
    lf.sort(by, SortMultipleOptions::default())
}

pub(super) const QUERIES: &[Query] = &[
    ("group_by an enum", |lf, _| {
        let groups = lf.group_by(by("kind")).agg([
            len(),
            col("price").sum(),
            col("id").max(),
            col("count").mean(),
            col("note").null_count(),
            col("name").n_unique(),
        ]);
        sorted(groups, ["kind"])
    }),
    ("group_by text", |lf, _| {
        sorted(lf.group_by(by("name")).agg([len()]), ["name"])
    }),
    ("group_by with nulls", |lf, _| {
        sorted(lf.group_by(by("mood")).agg([col("id").sum()]), ["mood"])
    }),
    ("group_by two columns", |lf, _| {
        let groups = lf.group_by([col("flag"), col("small")]);
        sorted(groups.agg([col("price").min(), len()]), ["flag", "small"])
    }),
    ("group_by a field", |lf, _| {
        let groups = lf.group_by([field("place", "city")]);
        sorted(groups.agg([len(), field("place", "zip").max()]), ["city"])
    }),
    ("group_by a struct", |lf, _| {
        let groups = lf
            .select([col("id"), field("place", "city"), col("flag")])
            .select([
                col("id"),
                as_struct(vec![col("city"), col("flag")]).alias("key"),
            ])
            .group_by(by("key"))
            .agg([col("id").sum()]);
        sorted(groups, ["id"])
    }),
    ("group_by an expression", |lf, _| {
        let groups = lf.group_by([(col("id") % lit(5)).alias("rest")]);
        sorted(groups.agg([col("id").sum(), col("day").max()]), ["rest"])
    }),
    ("group_by a month", |lf, _| {
        let groups = lf.group_by([col("day").dt().month()]);
        sorted(
            groups.agg([len(), col("day").min().alias("first")]),
            ["day"],
        )
    }),
    ("group_by in order", |lf, _| {
        lf.group_by_stable(by("name"))
            .agg([col("id").first(), col("place").last()])
    }),
    ("group_by lists of the rows", |lf, _| {
        lf.group_by_stable(by("kind"))
            .agg([col("id"), col("tags").first(), col("mood")])
    }),
    ("group_by, first rows of each", |lf, _| {
        lf.group_by_stable(by("kind"))
            .agg([col("id").head(Some(3)), col("name").tail(Some(2))])
    }),
    ("group_by, some of the rows", |lf, _| {
        let flagged = col("price").filter(col("flag")).sum();
        sorted(lf.group_by(by("kind")).agg([flagged, len()]), ["kind"])
    }),
    ("group_by, some of the groups", |lf, _| {
        let groups = lf.group_by(by("small")).agg([len(), col("price").max()]);
        sorted(groups.filter(col("len").gt(lit(34))), ["small"])
    }),
    ("group_by filtered rows", |lf, _| {
        let groups = lf.filter(col("note").is_not_null()).group_by(by("note"));
        sorted(groups.agg([len(), col("id").sum()]), ["note"])
    }),
    ("group_by of no rows", |lf, _| {
        let groups = lf.filter(col("id").lt(lit(0))).group_by(by("kind"));
        groups.agg([len(), col("price").sum()])
    }),
    ("group_by of head", |lf, _| {
        sorted(lf.limit(50).group_by(by("kind")).agg([len()]), ["kind"])
    }),
    ("group_by, sort, head", |lf, _| {
        let groups = lf.group_by(by("name")).agg([col("price").sum()]);
        sorted(groups, ["price", "name"]).limit(5)
    }),
    ("group_by of groups", |lf, _| {
        let names = lf.group_by([col("kind"), col("name")]).agg([len()]);
        let kinds = names.group_by(by("kind")).agg([col("len").max()]);
        sorted(kinds, ["kind"])
    }),
    ("quantiles of groups", |lf, _| {
        let quantile = col("price").quantile(lit(0.25), QuantileMethod::Nearest);
        sorted(lf.group_by(by("flag")).agg([quantile]), ["flag"])
    }),
    ("unique", |lf, _| {
        let unique = lf
            .select([col("kind"), col("flag")])
            .unique(None, UniqueKeepStrategy::Any);
        sorted(unique, ["kind", "flag"])
    }),
    ("unique in order", |lf, _| {
        lf.unique_stable(
            Some(by_name(["name"], true, false)),
            UniqueKeepStrategy::First,
        )
    }),
    ("unique, the last of each", |lf, _| {
        lf.unique_stable(
            Some(by_name(["small", "flag"], true, false)),
            UniqueKeepStrategy::Last,
        )
        .select([col("id"), col("small")])
    }),
    ("unique with none of those that are not", |lf, _| {
        lf.unique_stable(
            Some(by_name(["name"], true, false)),
            UniqueKeepStrategy::None,
        )
        .select([col("id"), col("name")])
    }),
    ("unique lists", |lf, _| {
        let unique = lf
            .select([col("tags").list().len().alias("n"), col("flag")])
            .unique(None, UniqueKeepStrategy::Any);
        sorted(unique, ["n", "flag"])
    }),
    ("unique, head", |lf, _| {
        lf.unique_stable(
            Some(by_name(["small"], true, false)),
            UniqueKeepStrategy::First,
        )
        .limit(3)
        .select([col("id"), col("small")])
    }),
    ("values that occur", |lf, _| {
        lf.select([col("small").unique().sort(SortOptions::default())])
    }),
];
