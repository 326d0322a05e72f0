//! Choosing and making columns.

use ::polars::prelude::*;

use super::{Query, by, field};

pub(super) const QUERIES: &[Query] = &[
    ("all", |lf, _| lf),
    ("one column", |lf, _| lf.select([col("price")])),
    ("columns in another order", |lf, _| {
        lf.select([col("counts"), col("at"), col("place"), col("id")])
    }),
    ("a column twice", |lf, _| {
        lf.select([col("small"), col("small").alias("again")])
    }),
    ("every kind of text", |lf, _| {
        lf.select([dtype_col(&DataType::String).as_selector().as_expr()])
    }),
    ("all columns but some", |lf, _| {
        lf.drop(by_name(["id", "place", "tags"], true, false))
    }),
    ("columns with each other's names", |lf, _| {
        lf.rename(["name", "note"], ["note", "name"], true)
            .select([col("note"), col("name")])
    }),
    ("a literal", |lf, _| lf.select([lit(7)])),
    ("a literal beside a column", |lf, _| {
        lf.select([lit(7).alias("seven"), col("small")])
    }),
    ("len", |lf, _| lf.select([len()])),
    ("a literal beside len", |lf, _| {
        lf.select([lit(1).alias("one"), len()])
    }),
    ("nothing", |lf, _| lf.select(<[Expr; 0]>::default())),
    ("nothing but a literal column", |lf, _| {
        lf.select(<[Expr; 0]>::default())
            .with_columns([lit("x").alias("x")])
    }),
    ("arithmetic", |lf, _| {
        lf.with_columns([
            (col("id") * lit(2) - col("count").cast(DataType::Int64)).alias("sum"),
            (col("price") / lit(4.0)).alias("quarter"),
        ])
    }),
    ("decimals", |lf, _| {
        lf.select([
            col("amount"),
            col("amount").sum().alias("sum"),
            col("amount").max().alias("max"),
        ])
    }),
    ("columns replaced", |lf, _| {
        lf.with_columns([
            col("small") + lit(1),
            col("note").fill_null(lit("-")),
            col("count").fill_null(lit(0)),
        ])
    }),
    ("columns replaced twice", |lf, _| {
        lf.with_columns([col("small") + lit(1)])
            .with_columns([col("small") * lit(2), col("small").alias("before")])
    }),
    ("when then otherwise", |lf, _| {
        let choice = when(col("flag").and(col("count").gt(lit(10))))
            .then(col("name"))
            .when(col("note").is_null())
            .then(lit("nothing"))
            .otherwise(col("note"));
        lf.select([col("id"), choice.alias("choice")])
    }),
    ("casts", |lf, _| {
        lf.select([
            col("small").cast(DataType::Int64),
            col("id").cast(DataType::String),
            col("price").cast(DataType::Int32),
            col("kind").cast(DataType::String),
            col("day").cast(DataType::Int32),
            col("flag").cast(DataType::Int64),
        ])
    }),
    ("text", |lf, _| {
        lf.select([
            col("name").str().to_uppercase(),
            col("note").str().len_chars().alias("chars"),
            col("note").str().len_bytes().alias("bytes"),
            col("name").str().starts_with(lit("n1")).alias("n1"),
        ])
    }),
    ("dates and times", |lf, _| {
        lf.select([
            col("day").dt().weekday(),
            col("at").dt().hour(),
            col("at").dt().date().alias("date"),
            col("clock").dt().minute(),
            col("local").dt().day(),
        ])
    }),
    ("the first and the last day", |lf, _| {
        lf.select([
            col("day").min().alias("first"),
            col("at").max().alias("last"),
            col("clock").min(),
            col("local").max(),
        ])
    }),
    ("an aggregate of each kind", |lf, _| {
        lf.select([
            col("id").sum().alias("sum"),
            col("price").mean().alias("mean"),
            col("count").min().alias("min"),
            col("ratio").count().alias("count"),
            col("name").n_unique().alias("names"),
            col("note").null_count().alias("nulls"),
            col("kind").first().alias("first"),
            col("place").last().alias("last"),
            col("small").median().alias("median"),
            col("flag").any(true).alias("any"),
        ])
    }),
    ("nulls of every column", |lf, _| lf.null_count()),
    ("an aggregate beside every row", |lf, _| {
        lf.select([col("id"), (col("price") - col("price").mean()).alias("off")])
    }),
    ("running sums", |lf, _| {
        lf.select([
            col("id").cum_sum(false),
            col("price").cum_max(true),
            col("count").cum_count(false).alias("known"),
        ])
    }),
    ("the row before", |lf, _| {
        lf.select([col("id"), col("id").shift(lit(1)).alias("before")])
    }),
    ("shifted", |lf, _| {
        lf.select([col("name"), col("place")]).shift(lit(-2))
    }),
    ("ranks", |lf, _| {
        lf.select([col("id"), col("price").rank(RankOptions::default(), None)])
    }),
    ("windows", |lf, _| {
        lf.select([
            col("id"),
            col("price").sum().over(by("kind")).unwrap().alias("sum"),
            col("id")
                .first()
                .over([col("kind"), col("flag")])
                .unwrap()
                .alias("first"),
        ])
    }),
    ("an expression that occurs often", |lf, _| {
        let worth = col("price") * col("small");
        let zip = field("place", "zip").fill_null(lit(0));
        lf.select([
            worth.clone(),
            (worth.clone() + lit(1.0)).alias("more"),
            worth.clone().sum().alias("sum"),
            (worth + zip.clone().cast(DataType::Float64)).alias("with zip"),
            zip,
        ])
    }),
    ("long instead of wide", |lf, _| {
        lf.unpivot(UnpivotArgsDSL {
            on: Some(by_name(["small", "count"], true, false)),
            index: by_name(["id"], true, false),
            variable_name: None,
            value_name: None,
        })
        .sort(["id", "variable"], SortMultipleOptions::default())
    }),
    ("reversed", |lf, _| lf.reverse()),
    ("cached", |lf, _| {
        let cached = lf.select([col("id"), col("kind")]).cache();
        let ends = [cached.clone().limit(4), cached.tail(4)];
        concat(ends, UnionArgs::default()).unwrap()
    }),
];
