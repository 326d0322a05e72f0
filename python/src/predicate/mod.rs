//! Predicates of Polars, as far as they can be decided before a frame exists.
//!
//! Polars hands an expression to a scan and expects that the scan applies it. Here its simple parts
//! choose rows before the other columns are decoded ([`RowFilter`]) and files before they are read;
//! the Python half then has Polars filter what is left by the whole expression. So a term may be
//! passed over here, and then keeps all rows, and it must never drop a row that Polars keeps.
//!
//! The expression comes as JSON, since that spells out the types of literals and has no version of
//! Polars in it. What is not understood is passed over.

mod parse;
mod term;

use std::fmt;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::Schema;
use avroscan::{Projection, RowFilter};

use self::term::Term;
use crate::file_columns::FileColumns;

/// What a predicate decides early.
#[derive(Default)]
pub(crate) struct Filter {
    /// From columns of the files.
    pub(crate) rows: Option<Terms>,
    /// The numbers of the files that have rows to read, if a part of the predicate looks only at
    /// what paths say.
    pub(crate) files: Option<Vec<usize>>,
}

/// Terms of which all must be true.
pub(crate) struct Terms {
    terms: Vec<Term>,
    projection: Projection,
}

/// The parts of the expression that are understood, where files have these columns and their paths
/// those.
pub(crate) fn parse(json: &str, data: &Schema, files: &FileColumns) -> Filter {
    let Ok(expression) = serde_json::from_str(json) else {
        return Filter::default();
    };
    let mut conjuncts = Vec::new();
    parse::split(&expression, &mut conjuncts);
    let is_data = |name: &str| files.index_of(name).is_none();
    let of_rows = conjuncts
        .iter()
        .filter_map(|term| parse::term(term, data, &is_data))
        .collect();
    let of_files: Vec<_> = conjuncts
        .iter()
        .filter_map(|term| parse::term(term, files.schema(), &|_| true))
        .collect();
    Filter {
        rows: Terms::new(of_rows),
        files: Terms::new(of_files).and_then(|terms| {
            let kept = terms.evaluate(files.batch()).ok()?;
            let is_kept =
                |(file, kept): (usize, Option<bool>)| (kept == Some(true)).then_some(file);
            Some(kept.iter().enumerate().filter_map(is_kept).collect())
        }),
    }
}

impl Terms {
    fn new(terms: Vec<Term>) -> Option<Self> {
        if terms.is_empty() {
            return None;
        }
        let mut columns = Vec::new();
        for term in &terms {
            term.columns(&mut columns);
        }
        Some(Self {
            terms,
            projection: Projection::columns(columns),
        })
    }
}

impl RowFilter for Terms {
    fn projection(&self) -> &Projection {
        &self.projection
    }

    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        let mut kept: Option<BooleanArray> = None;
        for term in &self.terms {
            let more = term.evaluate(batch)?;
            kept = Some(match kept {
                Some(kept) => arrow::compute::and_kleene(&kept, &more)?,
                None => more,
            });
        }
        Ok(kept.unwrap_or_else(|| BooleanArray::from(vec![true; batch.num_rows()])))
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.terms).finish()
    }
}
