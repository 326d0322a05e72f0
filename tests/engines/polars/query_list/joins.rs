//! Joins with another scan and with the same one, and rows on top of each other.

use ::polars::prelude::*;

use super::{Query, by};

fn join(left: LazyFrame, right: LazyFrame, on: &str, how: JoinType) -> LazyFrame {
    left.join(right, by(on), by(on), JoinArgs::new(how))
}

fn sorted<const N: usize>(lf: LazyFrame, by: [&str; N]) -> LazyFrame {
    let options = SortMultipleOptions::default().with_nulls_last(true);
    lf.sort(by, options)
}

pub(super) const QUERIES: &[Query] = &[
    ("inner join", |lf, labels| {
        let lf = lf.select([col("id"), col("small"), col("place")]);
        sorted(join(lf, labels, "small", JoinType::Inner), ["id", "label"])
    }),
    ("left join", |lf, labels| {
        sorted(join(lf, labels, "small", JoinType::Left), ["id", "label"])
    }),
    ("left join the other way around", |lf, labels| {
        let lf = lf.select([col("id"), col("small")]);
        sorted(join(labels, lf, "small", JoinType::Left), ["id", "label"])
    }),
    ("full join", |lf, labels| {
        let lf = lf.select([col("id"), col("small")]);
        sorted(join(lf, labels, "small", JoinType::Full), ["id", "label"])
    }),
    ("semi join", |lf, labels| {
        sorted(join(lf, labels, "small", JoinType::Semi), ["id"])
    }),
    ("anti join", |lf, labels| {
        sorted(join(lf, labels, "small", JoinType::Anti), ["id"])
    }),
    ("cross join", |lf, labels| {
        let lf = lf.limit(3).select([col("id"), col("kind")]);
        let labels = labels.select([col("label")]);
        sorted(lf.cross_join(labels, None), ["id", "label"])
    }),
    ("join in the order of the left", |lf, labels| {
        lf.join(
            labels.unique_stable(
                Some(by_name(["small"], true, false)),
                UniqueKeepStrategy::First,
            ),
            by("small"),
            by("small"),
            JoinArgs {
                maintain_order: MaintainOrderJoin::LeftRight,
                ..JoinArgs::new(JoinType::Left)
            },
        )
        .select([col("id"), col("label")])
    }),
    ("join, filter by the right", |lf, labels| {
        let joined = join(lf, labels, "small", JoinType::Inner);
        let some = joined.filter(col("factor").gt(lit(1.0)));
        sorted(some, ["id", "label"]).select([col("id"), col("label")])
    }),
    ("join, filter by the left", |lf, labels| {
        let joined = join(lf, labels, "small", JoinType::Left);
        let some = joined.filter(col("flag").and(col("price").gt(lit(900.0))));
        sorted(some, ["id", "label"]).select([col("id"), col("label")])
    }),
    ("join filtered rows", |lf, labels| {
        let lf = lf.filter(col("note").is_null());
        let labels = labels.filter(col("factor").lt(lit(3.0)));
        let joined = join(lf, labels, "small", JoinType::Inner);
        sorted(joined, ["id", "label"]).select([col("id"), col("factor")])
    }),
    ("join the first rows", |lf, labels| {
        let lf = lf.limit(20).select([col("small"), col("id")]);
        sorted(
            join(lf, labels.limit(3), "small", JoinType::Left),
            ["id", "label"],
        )
    }),
    ("join, group_by", |lf, labels| {
        let joined = join(lf, labels, "small", JoinType::Inner);
        let worth = (col("price") * col("factor")).sum();
        sorted(joined.group_by(by("label")).agg([worth, len()]), ["label"])
    }),
    ("group_by, join", |lf, labels| {
        let groups = lf.group_by(by("small")).agg([col("price").max()]);
        sorted(
            join(groups, labels, "small", JoinType::Left),
            ["small", "label"],
        )
    }),
    ("self-join", |lf, _| {
        let other = lf.clone().select([col("id"), col("name")]);
        let joined = join(
            lf.select([col("id"), col("kind")]),
            other,
            "id",
            JoinType::Inner,
        );
        sorted(joined, ["id"])
    }),
    ("self-join of different rows", |lf, _| {
        let left = lf
            .clone()
            .filter(col("flag"))
            .select([col("id"), col("price")]);
        let right = lf
            .filter(col("small").gt(lit(0)))
            .select([col("id"), col("price")]);
        sorted(join(left, right, "id", JoinType::Left), ["id"])
    }),
    ("self-join with a sum", |lf, _| {
        let sums = lf
            .clone()
            .group_by(by("kind"))
            .agg([col("price").sum().alias("sum")]);
        let lf = lf.select([col("id"), col("kind"), col("price")]);
        sorted(join(lf, sums, "kind", JoinType::Left), ["id"])
    }),
    ("self-join of heads", |lf, _| {
        let left = lf.clone().limit(20).select([col("id"), col("day")]);
        let right = lf.slice(10, 20).select([col("id"), col("blob")]);
        sorted(join(left, right, "id", JoinType::Inner), ["id"])
    }),
    ("self-join on text with nulls", |lf, _| {
        let left = lf.clone().limit(30).select([col("id"), col("note")]);
        let right = lf.tail(5).select([col("id"), col("note")]);
        sorted(
            join(left, right, "note", JoinType::Inner),
            ["id", "id_right"],
        )
    }),
    ("self-join on two columns", |lf, _| {
        let lf = lf.select([col("id"), col("kind"), col("flag"), col("small")]);
        let right = lf.clone().filter(col("small").eq(lit(3)));
        let on = [col("kind"), col("flag")];
        let joined = lf.join(right, &on, &on, JoinArgs::new(JoinType::Inner));
        sorted(joined, ["id", "id_right"])
    }),
    ("on top of each other", |lf, _| {
        let twice = [lf.clone(), lf];
        concat(twice, UnionArgs::default()).unwrap()
    }),
    ("on top of each other, different columns", |lf, _| {
        let parts = [
            lf.clone().select([col("id"), col("small").alias("n")]),
            lf.select([col("id"), col("count").alias("n")]),
        ];
        concat(parts, UnionArgs::default()).unwrap()
    }),
    (
        "on top of each other, different filters and limits",
        |lf, _| {
            let columns = [col("id"), col("tags")];
            let parts = [
                lf.clone().filter(col("flag")).select(&columns).limit(9),
                lf.clone().filter(col("small").eq(lit(0))).select(&columns),
                lf.clone().select(&columns).tail(3),
                lf.select(&columns).slice(100, 3),
            ];
            concat(parts, UnionArgs::default()).unwrap()
        },
    ),
    ("on top of each other, counted", |lf, _| {
        let counts = [1, 2].map(|n| lf.clone().select([lit(n).alias("n"), len()]));
        concat(counts, UnionArgs::default()).unwrap()
    }),
    ("on top of each other, then head and filter", |lf, _| {
        let parts = [lf.clone().filter(col("flag")), lf];
        concat(parts, UnionArgs::default())
            .unwrap()
            .limit(150)
            .filter(col("small").gt(lit(0)))
            .select([col("id")])
    }),
    ("on top of each other with another scan", |lf, labels| {
        let lf = lf.limit(4).select([col("id"), col("small")]);
        concat_lf_diagonal([lf, labels], UnionArgs::default()).unwrap()
    }),
];
