//! Filters and limits of an optimised plan, moved into the scans below them.
//!
//! The optimiser pushes a filter as far down as it goes, which is to right above the function that
//! is a scan, and a limit to right above that, or above the filter. Of such a pair,
//!
//! ```text
//!   SLICE[0..10]
//!     FILTER (col("price") > 100.0) & (col("year") == 2024)
//!       AVRO SCAN 1 [orders]
//! ```
//!
//! the scan takes over
//! - what the filter says of columns in the files: the core decides about rows with it, before it
//!   decodes other columns
//! - what it says of columns that a file's path makes: files are read or not
//! - how many rows are enough, if nothing of the filter is left. The slice stays where it is, since
//!   threads that read at the same time find more.
//!
//! What the filter says of both kinds of columns at once stays above the scan. A filter that needs
//! other rows than the one that it decides about, as `col("x") > col("x").mean()`, stays as a whole.

use polars::prelude::*;
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{
    AExpr, FunctionIR, IR, IRPlan, MintermIter, is_elementwise_rec, is_inherently_nondeterministic,
};
use polars_plan::utils::aexpr_to_leaf_names;
use polars_utils::arena::{Arena, Node};

use crate::node::AvroNode;
use crate::predicate::Predicate;
use crate::pushed::Pushed;

/// At most so many names of columns are shown of a scan.
const NAMES_SHOWN: usize = 12;

/// Moves what can be moved into the scans of the plan. Each of them then says what it does.
///
/// # Errors
/// Those of Polars for an expression that does not go with its columns.
pub(crate) fn fuse(plan: &mut IRPlan) -> PolarsResult<()> {
    let mut nodes = vec![plan.lp_top];
    while let Some(node) = nodes.pop() {
        match Chain::at(node, &plan.lp_arena) {
            Some(chain) => chain.fuse(plan)?,
            None => nodes.extend(plan.lp_arena.get(node).inputs()),
        }
    }
    Ok(())
}

/// A scan with what is right above it.
struct Chain {
    /// The first of its nodes.
    top: Node,
    /// The rows that are wanted of what comes after.
    slice: Option<(i64, IdxSize)>,
    /// What is kept of the rows.
    filter: Option<ExprIR>,
    scan: AvroNode,
    name: PlSmallStr,
    list: Node,
}

impl Chain {
    /// The chain that begins with this node, if there is one.
    fn at(top: Node, plan: &Arena<IR>) -> Option<Self> {
        let mut next = top;
        let mut slice = None;
        if let IR::Slice { input, offset, len } = plan.get(next) {
            slice = Some((*offset, *len));
            next = *input;
        }
        let mut filter = None;
        if let IR::Filter { input, predicate } = plan.get(next) {
            filter = Some(predicate.clone());
            next = *input;
        }
        let IR::MapFunction { input, function } = plan.get(next) else {
            return None;
        };
        let FunctionIR::Opaque { fmt_str, .. } = function else {
            return None;
        };
        Some(Self {
            top,
            slice,
            filter,
            scan: AvroNode::of_name(fmt_str)?,
            name: fmt_str.clone(),
            list: *input,
        })
    }

    /// Replaces it by one in which the scan does what it can.
    ///
    /// Only the first node is replaced: others may be part of another chain too.
    fn fuse(&self, plan: &mut IRPlan) -> PolarsResult<()> {
        let mut says = vec![self.columns(&plan.lp_arena)];
        let mut pushed = Pushed::default();
        let mut rest = None;
        if let Some(filter) = &self.filter {
            let arena = &mut plan.expr_arena;
            let terms = Terms::of(filter, &self.scan, arena);
            if let Some(rows) = all_of(&terms.rows, arena) {
                let predicate = Predicate::new(&rows, arena, self.columns_of(&rows, arena)?)?;
                says.push(format!("FILTER: {}", rows.display(arena)));
                pushed = pushed.with_predicate(predicate);
            }
            if let Some(files) = all_of(&terms.files, arena) {
                let read = self.files(&files, arena)?;
                let count = read.iter().filter(|read| **read).count();
                says.push(format!(
                    "FILES: {count}/{}: {}",
                    read.len(),
                    files.display(arena)
                ));
                pushed = pushed.with_files(read);
            }
            rest = all_of(&terms.rest, arena);
        }
        if let (Some((offset @ 0.., length)), None) = (self.slice, &rest) {
            let rows = offset.unsigned_abs().saturating_add(u64::from(length));
            says.push(format!("LIMIT: {rows}"));
            pushed = pushed.with_limit(rows);
        }
        let scan = self.scan.in_query(pushed);
        let mut chain = IR::MapFunction {
            input: self.list,
            function: FunctionIR::Opaque {
                function: Arc::new(scan.clone()),
                schema: Some(Arc::new(scan)),
                predicate_pd: false,
                projection_pd: true,
                streamable: true,
                fmt_str: format!("{} {}", self.name, says.join("; ")).into(),
            },
        };
        if let Some(predicate) = rest {
            let input = plan.lp_arena.add(chain);
            chain = IR::Filter { input, predicate };
        }
        if let Some((offset, len)) = self.slice {
            let input = plan.lp_arena.add(chain);
            chain = IR::Slice { input, offset, len };
        }
        plan.lp_arena.replace(self.top, chain);
        Ok(())
    }

    /// Which columns are read, in words.
    fn columns(&self, plan: &Arena<IR>) -> String {
        let list = plan.get(self.list).schema(plan);
        let names: Vec<_> = list
            .iter_names()
            .filter(|name| *name != self.scan.piece())
            .map(PlSmallStr::as_str)
            .collect();
        let all = self.scan.table().schema.len();
        match names.len() {
            0 | NAMES_SHOWN.. => format!("COLUMNS: {}/{all}", names.len()),
            count => format!("COLUMNS: {count}/{all}: {}", names.join(", ")),
        }
    }

    /// The columns that an expression uses, all of them in the files.
    fn columns_of(&self, expression: &ExprIR, arena: &Arena<AExpr>) -> PolarsResult<SchemaRef> {
        let data = &self.scan.table().data;
        let mut columns = Schema::default();
        for name in aexpr_to_leaf_names(expression.node(), arena) {
            let dtype = data.try_get(&name)?.clone();
            columns.insert(name, dtype);
        }
        Ok(Arc::new(columns))
    }

    /// Which files have rows of which an expression about their paths is true.
    fn files(&self, expression: &ExprIR, arena: &mut Arena<AExpr>) -> PolarsResult<Vec<bool>> {
        let files = self.scan.table().files.frame();
        let predicate = Predicate::new(expression, arena, files.schema().clone())?;
        let read = predicate.evaluate(files)?;
        Ok(read.iter().map(|read| read == Some(true)).collect())
    }
}

/// The parts of a filter that must all be true, by who can decide about them.
#[derive(Default)]
struct Terms {
    /// The decoder: they are about columns that the files hold.
    rows: Vec<Node>,
    /// Nobody has to read a file for it: they are about columns that its path makes.
    files: Vec<Node>,
    /// The engine.
    rest: Vec<Node>,
}

impl Terms {
    fn of(filter: &ExprIR, scan: &AvroNode, arena: &Arena<AExpr>) -> Self {
        let mut terms = Self::default();
        let filter = filter.node();
        // What depends on other rows must see those that other parts would have dropped.
        let decides_by_row =
            is_elementwise_rec(filter, arena) && !is_inherently_nondeterministic(filter, arena);
        // With a number of rows to read, a filter is for those that were read.
        if !decides_by_row || scan.table().scan.options().n_rows.is_some() {
            terms.rest.push(filter);
            return terms;
        }
        for term in MintermIter::new(filter, arena) {
            let names = aexpr_to_leaf_names(term, arena);
            let of_files = names
                .iter()
                .filter(|name| scan.table().files.contains(name))
                .count();
            let terms = match of_files {
                _ if names.is_empty() => &mut terms.rest,
                0 => &mut terms.rows,
                all if all == names.len() => &mut terms.files,
                _ => &mut terms.rest,
            };
            terms.push(term);
        }
        terms
    }
}

/// The expression that is true where all of these are. None of none.
fn all_of(terms: &[Node], arena: &mut Arena<AExpr>) -> Option<ExprIR> {
    let mut terms = terms.iter().copied();
    let mut all = terms.next()?;
    for right in terms {
        all = arena.add(AExpr::BinaryExpr {
            left: all,
            op: Operator::And,
            right,
        });
    }
    Some(ExprIR::from_node(all, arena))
}
