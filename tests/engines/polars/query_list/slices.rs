//! Choosing rows by their number, and sorting.

use ::polars::prelude::*;

use super::{Query, descending, field};

pub(super) const QUERIES: &[Query] = &[
    ("head", |lf, _| lf.limit(5)),
    ("head of no rows", |lf, _| lf.limit(0)),
    ("head of more rows than there are", |lf, _| {
        lf.limit(1_000).select([col("id")])
    }),
    ("head of one column", |lf, _| {
        lf.select([col("tags")]).limit(9)
    }),
    ("one column of head", |lf, _| {
        lf.limit(9).select([col("tags")])
    }),
    ("head of nothing", |lf, _| {
        lf.select(<[Expr; 0]>::default()).limit(3)
    }),
    ("head of a head", |lf, _| {
        lf.limit(20).limit(7).select([col("id")])
    }),
    ("head, then more", |lf, _| {
        lf.limit(7).limit(20).select([col("id")])
    }),
    ("len of head", |lf, _| lf.limit(33).select([len()])),
    ("sum of head", |lf, _| {
        lf.limit(33).select([col("id").sum(), col("price").max()])
    }),
    ("slice", |lf, _| lf.slice(123, 45)),
    ("slice of no rows", |lf, _| lf.slice(123, 0)),
    ("slice at the start", |lf, _| {
        lf.slice(0, 3).select([col("id")])
    }),
    ("slice past the end", |lf, _| {
        lf.slice(230, 1_000).select([col("id")])
    }),
    ("slice beyond the end", |lf, _| {
        lf.slice(500, 10).select([col("id"), col("place")])
    }),
    // A slice from the end that stops before it (`slice(-20, 5)`) is not here: Polars' streaming
    // engine gives all 20 rows where the last frame is larger than those before it, over any scan.
    ("slice from the end", |lf, _| {
        lf.slice(-20, 20).select([col("id")])
    }),
    ("slice of a slice", |lf, _| {
        lf.slice(100, 50).slice(10, 5).select([col("id")])
    }),
    ("tail", |lf, _| lf.tail(13)),
    ("tail of more rows than there are", |lf, _| {
        lf.tail(1_000).select([col("id")])
    }),
    ("tail of head", |lf, _| {
        lf.limit(50).tail(3).select([col("id")])
    }),
    ("head of tail", |lf, _| {
        lf.tail(50).limit(3).select([col("id")])
    }),
    ("the first row", |lf, _| lf.first()),
    ("the last row", |lf, _| lf.last()),
    ("head after filter", |lf, _| lf.filter(col("flag")).limit(5)),
    ("head after filter, another column", |lf, _| {
        lf.filter(col("small").gt(lit(1)))
            .select([col("place")])
            .limit(5)
    }),
    ("head after a filter that keeps little", |lf, _| {
        lf.filter(col("id").gt(lit(235))).limit(9)
    }),
    ("filter after head", |lf, _| {
        lf.limit(50).filter(col("flag")).select([col("id")])
    }),
    ("filter after head that keeps nothing", |lf, _| {
        lf.limit(50).filter(col("id").gt(lit(60)))
    }),
    ("filter after tail", |lf, _| {
        lf.tail(50).filter(col("flag")).select([col("id")])
    }),
    ("filter, slice, filter", |lf, _| {
        lf.filter(col("flag"))
            .slice(20, 60)
            .filter(col("small").gt(lit(0)))
            .select([col("id")])
    }),
    ("slice, filter, slice", |lf, _| {
        lf.slice(20, 160)
            .filter(col("flag"))
            .slice(5, 50)
            .select([col("id"), col("items")])
    }),
    ("filter, tail", |lf, _| {
        lf.filter(col("flag")).tail(5).select([col("id")])
    }),
    ("filter by other rows, head", |lf, _| {
        lf.filter(col("price").gt(col("price").mean())).limit(5)
    }),
    ("head, filter by other rows", |lf, _| {
        lf.limit(40)
            .filter(col("price").gt(col("price").mean()))
            .select([col("id")])
    }),
    ("head, then columns that look at other rows", |lf, _| {
        lf.limit(40)
            .with_columns([col("id").sum().alias("sum")])
            .select([col("id"), col("sum")])
    }),
    ("columns that look at other rows, then head", |lf, _| {
        lf.with_columns([col("id").sum().alias("sum")])
            .select([col("id"), col("sum")])
            .limit(4)
    }),
    ("reversed, head", |lf, _| {
        lf.reverse().limit(4).select([col("id"), col("scores")])
    }),
    ("row index", |lf, _| lf.with_row_index("row", Some(10))),
    ("row index alone", |lf, _| {
        lf.with_row_index("row", None).select([col("row")])
    }),
    ("row index, head", |lf, _| {
        lf.with_row_index("row", None).limit(3).select([col("row")])
    }),
    ("head, row index", |lf, _| {
        lf.limit(3).with_row_index("row", Some(7))
    }),
    ("slice, row index", |lf, _| {
        lf.slice(50, 9)
            .with_row_index("row", None)
            .select([col("row"), col("id")])
    }),
    ("sort", |lf, _| {
        lf.sort(["price", "id"], SortMultipleOptions::default())
    }),
    ("sort, head", |lf, _| {
        lf.sort(["price", "id"], descending())
            .limit(7)
            .select([col("id"), col("price")])
    }),
    ("sort, slice", |lf, _| {
        lf.sort(["clock"], SortMultipleOptions::default())
            .slice(10, 10)
            .select([col("clock"), col("place")])
    }),
    ("sort, tail", |lf, _| {
        lf.sort(["name", "id"], SortMultipleOptions::default())
            .tail(9)
            .select([col("name"), col("id")])
    }),
    ("head, sort", |lf, _| {
        lf.limit(30)
            .sort(["price", "id"], descending())
            .select([col("id")])
    }),
    ("sort with nulls last", |lf, _| {
        lf.sort(["count", "id"], descending().with_nulls_last(true))
            .select([col("count"), col("id")])
    }),
    ("sort by an enum and text", |lf, _| {
        let options =
            SortMultipleOptions::default().with_order_descending_multi([true, false, true]);
        lf.sort(["kind", "note", "id"], options)
            .select([col("kind"), col("note"), col("id")])
    }),
    ("sort by an expression", |lf, _| {
        let by = [field("place", "city").str().len_chars(), col("id")];
        lf.sort_by_exprs(by, descending()).select([col("id")])
    }),
    ("filter, sort, head", |lf, _| {
        lf.filter(col("count").is_not_null())
            .sort(["count", "id"], descending())
            .select([col("id"), col("count")])
            .limit(11)
    }),
];
