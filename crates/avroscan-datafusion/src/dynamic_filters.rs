//! Filters that the operators of a query tighten while it runs.
//!
//! A letter to whoever changes this next. The filter of an aggregate, as `a > 5 OR b < 7` for
//! `max(a), min(b)` with what was found so far, cannot always be trusted: DataFusion 55.2 leaves out the
//! part of an aggregate that has met nothing but null, and that of an aggregate over anything but a
//! column. What is left then, `a > 5`, drops the very rows that `min(b)` or `min(b + 1)` waits for. The
//! filter of a `LIMIT` after a sort by one column looks the same, and is right. Those of joins, and of
//! sorts by several columns, look otherwise.
//!
//! So comparisons with bounds are only taken for a filter where nothing can be missing: the filter
//! compares exactly what a sort of the rows compares first, or all that is read of them is compared,
//! each column as often as the filter was made for. In all other cases the rows pass: whoever made the
//! filter looks at them again.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, DynamicFilterPhysicalExpr, DynamicFilterTracking, Literal, lit,
};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::utils::split_disjunction;

/// What comparisons with bounds are worth in the dynamic filters of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// They tell of all that the rows are read for.
    Complete,
    /// There may be something else that the rows are read for.
    Doubtful,
}

impl Bounds {
    /// For a scan with this output, whose rows are sorted by this expression first, if at all.
    pub(crate) fn of(
        predicate: Option<&Arc<dyn PhysicalExpr>>,
        projection: &ProjectionExprs,
        sorted_by: Option<&Arc<dyn PhysicalExpr>>,
    ) -> Self {
        let is_of_the_sort = |filter: &DynamicFilterPhysicalExpr| {
            sorted_by.is_some_and(|sorted_by| filter.children() == [sorted_by])
        };
        let compares_all = |filter: &DynamicFilterPhysicalExpr| {
            let compared = filter.children();
            let mut read = projection.expr_iter();
            read.all(|expr| {
                compared
                    .iter()
                    .any(|compared| compared.as_ref() == expr.as_ref())
            })
        };
        let is_doubtful = |expr: &Arc<dyn PhysicalExpr>| {
            let filter = expr.downcast_ref::<DynamicFilterPhysicalExpr>();
            Ok(filter.is_some_and(|filter| !is_of_the_sort(filter) && !compares_all(filter)))
        };
        match predicate {
            // What cannot be looked at is doubtful.
            Some(predicate) if predicate.exists(is_doubtful).unwrap_or(true) => Self::Doubtful,
            _ => Self::Complete,
        }
    }
}

/// Whether a predicate may change while the query runs.
pub(crate) fn may_change(predicate: &Arc<dyn PhysicalExpr>) -> bool {
    DynamicFilterTracking::classify(predicate).contains_dynamic_filter()
}

/// The predicate with its dynamic filters as they are now, without those that cannot be trusted.
pub(crate) fn as_they_are(
    predicate: &Arc<dyn PhysicalExpr>,
    bounds: Bounds,
) -> Result<Arc<dyn PhysicalExpr>> {
    let now = Arc::clone(predicate).transform_down(|expr| {
        let Some(filter) = expr.downcast_ref::<DynamicFilterPhysicalExpr>() else {
            return Ok(Transformed::no(expr));
        };
        let current = filter.current()?;
        let current = match is_trusted(filter, &current, bounds) {
            true => current,
            false => lit(true),
        };
        Ok(Transformed::new(current, true, TreeNodeRecursion::Jump))
    })?;
    Ok(now.data)
}

fn is_trusted(
    filter: &DynamicFilterPhysicalExpr,
    current: &Arc<dyn PhysicalExpr>,
    bounds: Bounds,
) -> bool {
    let parts = split_disjunction(current);
    if !parts.iter().all(|part| is_comparison(part)) {
        return true;
    }
    // An aggregate's filter has a child for each part that there is to be.
    bounds == Bounds::Complete && parts.len() >= filter.children().len()
}

fn is_comparison(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.downcast_ref::<BinaryExpr>().is_some_and(|compared| {
        matches!(compared.op(), Operator::Lt | Operator::Gt) && compared.right().is::<Literal>()
    })
}

#[cfg(test)]
mod tests {
    use datafusion::physical_expr::expressions::Column;
    use datafusion::physical_expr::projection::ProjectionExpr;

    use super::*;

    fn column(name: &str, index: usize) -> Arc<dyn PhysicalExpr> {
        Arc::new(Column::new(name, index))
    }

    /// The filter of `max(a), min(b)` that has met nothing but null in `b`.
    fn of_aggregate() -> Arc<dyn PhysicalExpr> {
        let children = vec![column("a", 0), column("b", 1)];
        filter(children)
    }

    fn filter(children: Vec<Arc<dyn PhysicalExpr>>) -> Arc<dyn PhysicalExpr> {
        let bound = BinaryExpr::new(column("a", 0), Operator::Gt, lit(5));
        let filter = DynamicFilterPhysicalExpr::new(children, lit(true));
        filter.update(Arc::new(bound)).unwrap();
        Arc::new(filter)
    }

    fn all() -> ProjectionExprs {
        let columns = [("a", 0), ("b", 1), ("c", 2)];
        ProjectionExprs::new(columns.map(|(name, index)| ProjectionExpr {
            expr: column(name, index),
            alias: name.to_owned(),
        }))
    }

    #[test]
    fn a_sort_vouches_for_its_own_filter_alone() {
        let of_sort = || filter(vec![column("a", 0)]);
        let (a, b) = (column("a", 0), column("b", 1));
        for (predicate, sorted_by, expected) in [
            (of_sort(), Some(&a), Bounds::Complete),
            (of_sort(), Some(&b), Bounds::Doubtful),
            (of_sort(), None, Bounds::Doubtful),
            (of_aggregate(), Some(&a), Bounds::Doubtful),
            (of_aggregate(), None, Bounds::Doubtful),
            (lit(true), None, Bounds::Complete),
        ] {
            let bounds = Bounds::of(Some(&predicate), &all(), sorted_by);
            assert_eq!(bounds, expected, "{predicate} sorted by {sorted_by:?}");
            let now = as_they_are(&predicate, bounds).unwrap();
            let prunes = now.is::<BinaryExpr>();
            let is_dynamic = predicate.is::<DynamicFilterPhysicalExpr>();
            assert_eq!(prunes, is_dynamic && expected == Bounds::Complete, "{now}");
        }
    }
}
