//! Choosing rows by what is in them.

use ::polars::prelude::*;

use super::{Query, by, field};

fn day(days: i32) -> Expr {
    lit(days).cast(DataType::Date)
}

pub(super) const QUERIES: &[Query] = &[
    ("filter", |lf, _| lf.filter(col("price").gt(lit(2000.0)))),
    ("filter, other columns", |lf, _| {
        lf.filter(col("price").gt(lit(2000.0)))
            .select([col("place"), col("tags")])
    }),
    ("filter, the same column", |lf, _| {
        lf.filter(col("price").gt(lit(2000.0)))
            .select([col("price")])
    }),
    ("filter, len", |lf, _| {
        lf.filter(col("small").lt(lit(0))).select([len()])
    }),
    ("filter, a literal and len", |lf, _| {
        lf.filter(col("small").lt(lit(0)))
            .select([lit(1).alias("one"), len()])
    }),
    ("filter, nothing", |lf, _| {
        lf.filter(col("small").lt(lit(0)))
            .select(<[Expr; 0]>::default())
    }),
    ("filter by a boolean", |lf, _| lf.filter(col("flag"))),
    ("filter by what is not", |lf, _| {
        lf.filter(col("flag").not()).select([col("id")])
    }),
    ("filter by a column with nulls", |lf, _| {
        lf.filter(col("count").gt(lit(25)))
            .select([col("id"), col("count")])
    }),
    (
        "filter by the opposite, which keeps no nulls either",
        |lf, _| {
            lf.filter(col("count").gt(lit(25)).not())
                .select([col("id"), col("count")])
        },
    ),
    ("filter nulls", |lf, _| {
        lf.filter(col("note").is_null())
            .select([col("id"), col("note")])
    }),
    ("filter what is not null", |lf, _| {
        lf.filter(col("owner").is_not_null())
            .select([col("id"), col("owner")])
    }),
    ("drop nulls", |lf, _| {
        lf.drop_nulls(Some(by_name(["count", "mood"], true, false)))
            .select([col("id"), col("count"), col("mood")])
    }),
    ("filter by nulls as values", |lf, _| {
        lf.filter(col("count").neq_missing(lit(7)))
            .select([col("id"), col("count")])
    }),
    ("filter by a null", |lf, _| {
        lf.filter(lit(NULL).cast(DataType::Boolean))
            .select([col("id")])
    }),
    ("filter by true", |lf, _| lf.filter(lit(true))),
    ("filter by false", |lf, _| lf.filter(lit(false))),
    ("filter that keeps nothing", |lf, _| {
        lf.filter(col("id").lt(lit(0)))
    }),
    ("filter that keeps everything", |lf, _| {
        lf.filter(col("id").gt_eq(lit(0)))
    }),
    ("filter that keeps the last row", |lf, _| {
        lf.filter(col("id").eq(lit(239)))
    }),
    ("filter by two columns together", |lf, _| {
        lf.filter(col("price").gt(col("id").cast(DataType::Float64) * lit(10.0)))
            .select([col("name")])
    }),
    ("filter by several columns", |lf, _| {
        let either = col("small").gt(lit(1)).or(col("note").eq(lit("short")));
        lf.filter(either.and(col("flag")).and(col("id").neq(lit(3))))
            .select([col("id"), col("code")])
    }),
    ("filter by one or the other with nulls", |lf, _| {
        lf.filter(col("count").gt(lit(25)).xor(col("note").eq(lit(""))))
            .select([col("id")])
    }),
    ("filter and filter", |lf, _| {
        lf.filter(col("small").gt(lit(0)))
            .filter(col("name").str().starts_with(lit("n")))
            .filter(field("place", "zip").is_not_null())
            .select([col("id")])
    }),
    ("filter between", |lf, _| {
        lf.filter(col("id").is_between(lit(50), lit(60), ClosedInterval::Left))
    }),
    ("filter by one of some", |lf, _| {
        let some = Series::new("some".into(), [-3, 0, 3]);
        lf.filter(col("small").is_in(lit(some).implode(true), false))
            .select([col("id"), col("small")])
    }),
    ("filter by NaN", |lf, _| {
        lf.filter(col("ratio").is_nan())
            .select([col("id"), col("ratio")])
    }),
    ("filter by a float, to which NaN is more", |lf, _| {
        lf.filter(col("ratio").gt(lit(10.0f32)))
            .select([col("id"), col("ratio")])
    }),
    ("filter by text", |lf, _| {
        lf.filter(col("note").str().ends_with(lit("🎁")))
            .select([col("id"), col("note")])
    }),
    ("filter by empty text", |lf, _| {
        lf.filter(col("note").eq(lit("")))
            .select([col("id"), col("kind")])
    }),
    ("filter by an enum", |lf, _| {
        lf.filter(col("kind").eq(lit("B")))
            .select([col("id"), col("kind")])
    }),
    ("filter by an enum with nulls", |lf, _| {
        lf.filter(col("mood").neq(lit("sad")))
            .select([col("id"), col("mood")])
    }),
    ("filter by a date", |lf, _| {
        lf.filter(
            col("day")
                .gt_eq(day(19_712))
                .and(col("day").lt(day(19_714))),
        )
        .select([col("id"), col("day")])
    }),
    ("filter by a part of a timestamp", |lf, _| {
        lf.filter(col("at").dt().hour().gt(lit(20)))
            .select([col("id"), col("at")])
    }),
    ("filter by a decimal", |lf, _| {
        lf.filter(col("amount").lt(lit(0)))
            .select([col("id"), col("amount")])
    }),
    ("filter by bytes", |lf, _| {
        lf.filter(col("blob").eq(lit(&b""[..])))
            .select([col("id"), col("blob")])
    }),
    ("filter by a field", |lf, _| {
        lf.filter(field("place", "city").eq(lit("Kyoto")))
            .select([col("id")])
    }),
    ("filter by a field, and the struct", |lf, _| {
        lf.filter(field("place", "city").eq(lit("Kyoto")))
            .select([col("place"), col("id")])
    }),
    ("filter by a field of a field", |lf, _| {
        let spot = field("place", "spot").struct_();
        lf.filter(spot.field_by_name("lat").gt(lit(0.0)))
            .select([col("id")])
    }),
    ("filter by a field of a struct with nulls", |lf, _| {
        lf.filter(field("owner", "since").gt(lit(2000)))
            .select([col("id"), col("owner")])
    }),
    ("filter by a branch of a union", |lf, _| {
        lf.filter(field("either", "long").is_not_null())
            .select([col("id"), col("either")])
    }),
    ("filter by the length of a list", |lf, _| {
        lf.filter(col("tags").list().len().gt(lit(2)))
            .select([col("id"), col("tags")])
    }),
    ("filter by the length of a list with nulls", |lf, _| {
        lf.filter(col("scores").list().len().eq(lit(0)))
            .select([col("id"), col("scores")])
    }),
    ("filter by an item of a list", |lf, _| {
        lf.filter(col("tags").list().get(lit(0), true).eq(lit("green")))
            .select([col("id"), col("tags")])
    }),
    ("filter by what a list contains", |lf, _| {
        lf.filter(col("tags").list().contains(lit("blue"), false))
            .select([col("id"), col("tags")])
    }),
    ("filter by the sum of a list", |lf, _| {
        lf.filter(col("scores").list().sum().gt(lit(0)))
            .select([col("id")])
    }),
    ("filter by the size of a map", |lf, _| {
        lf.filter(col("counts").list().len().eq(lit(1)))
            .select([col("id"), col("counts")])
    }),
    // What depends on other rows cannot be decided piece by piece.
    ("filter by the mean", |lf, _| {
        lf.filter(col("price").gt(col("price").mean()))
            .select([col("id")])
    }),
    ("filter by the largest", |lf, _| {
        lf.filter(col("id").gt(col("id").max() - lit(5)))
    }),
    ("filter by the number of rows", |lf, _| {
        lf.filter((col("id") * lit(2)).lt(len()))
            .select([col("id")])
    }),
    ("filter by a running sum", |lf, _| {
        lf.filter(col("id").cum_sum(false).lt(lit(1_000)))
            .select([col("name")])
    }),
    ("filter by the row before", |lf, _| {
        lf.filter(col("small").neq(col("small").shift(lit(1))))
            .select([col("id"), col("small")])
    }),
    ("filter by a rank", |lf, _| {
        lf.filter(col("price").rank(RankOptions::default(), None).lt(lit(9)))
            .select([col("price")])
    }),
    ("filter by the first of each", |lf, _| {
        let number = col("id").cum_count(false).over(by("name")).unwrap();
        lf.filter(number.eq(lit(1)))
            .select([col("id"), col("name")])
    }),
    ("filter by the group's mean", |lf, _| {
        let mean = col("price").mean().over(by("kind")).unwrap();
        lf.filter(col("price").lt(mean)).select([col("id")])
    }),
    ("filter by each row, then by other rows", |lf, _| {
        lf.filter(col("flag"))
            .filter(col("price").gt(col("price").mean()))
            .select([col("id")])
    }),
    ("filter by other rows, then by each row", |lf, _| {
        lf.filter(col("price").gt(col("price").mean()))
            .filter(col("flag"))
            .select([col("id")])
    }),
    ("filter by other rows and each row in one", |lf, _| {
        lf.filter(col("flag").and(col("id").cum_sum(false).gt(lit(500))))
            .select([col("id")])
    }),
    ("filter what was made", |lf, _| {
        lf.with_columns([(col("price") * lit(2.0)).alias("double")])
            .filter(col("double").gt(lit(3000.0)))
            .select([col("id")])
    }),
    ("filter what replaced a column", |lf, _| {
        lf.with_columns([col("small") * lit(-1)])
            .filter(col("small").gt(lit(1)))
            .select([col("id"), col("small")])
    }),
    ("filter by a column of another name", |lf, _| {
        lf.rename(["small", "count"], ["count", "small"], true)
            .filter(col("count").gt(lit(1)))
            .select([col("count"), col("small")])
    }),
    ("filter before and after", |lf, _| {
        lf.filter(col("flag"))
            .with_columns([col("id").cum_sum(false).alias("sum")])
            .filter(col("sum").gt(lit(3_000)))
            .select([col("sum"), col("place")])
    }),
    ("filter after sort", |lf, _| {
        lf.sort(["price", "id"], SortMultipleOptions::default())
            .filter(col("flag"))
            .select([col("id")])
    }),
    ("filter numbered rows", |lf, _| {
        lf.with_row_index("row", Some(5))
            .filter(col("row").gt(lit(40)).and(col("flag")))
            .select([col("row"), col("id")])
    }),
    ("number filtered rows", |lf, _| {
        lf.filter(col("flag"))
            .with_row_index("row", None)
            .select([col("row"), col("id")])
    }),
    ("filter with what would fail for the others", |lf, _| {
        let number = col("name").str().slice(lit(1), lit(9));
        lf.filter(col("name").str().starts_with(lit("n")))
            .select([col("id"), number.strict_cast(DataType::Int64)])
    }),
    ("filter twice beside each other", |lf, _| {
        let halves = [
            lf.clone()
                .filter(col("flag"))
                .select([col("id"), col("name")]),
            lf.filter(col("small").gt(lit(1)))
                .select([col("id"), col("name")]),
        ];
        concat(halves, UnionArgs::default()).unwrap()
    }),
];
