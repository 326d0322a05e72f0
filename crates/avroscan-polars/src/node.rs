//! The function that turns pieces of work into rows.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use avroscan::{Projection, Scan};
use polars::prelude::*;
use polars_core::runtime::RAYON;
use polars_plan::plans::{DataFrameUdf, UdfSchema};

use crate::convert;
use crate::error::to_polars;
use crate::work_list::{Part, WorkList};

/// How many column choices of one scan are kept compiled. A query has one for each place where the
/// scan occurs in it.
const PROJECTIONS: usize = 16;

/// A scan that is told which columns and which pieces to read by a part of its work list.
#[derive(Clone)]
pub(crate) struct AvroNode(Arc<Inner>);

struct Inner {
    scan: Scan,
    /// All columns of the scan.
    schema: SchemaRef,
    work: WorkList,
    /// Name of the column that holds the numbers of the pieces.
    piece: PlSmallStr,
    /// What was compiled before, the most recent last.
    projections: Mutex<Vec<Arc<Projected>>>,
}

/// The scan, compiled for some of its columns.
struct Projected {
    /// What comes out: the columns named in the list, `piece` included.
    output: Schema,
    /// Where `piece` is among them.
    piece: usize,
    /// The others.
    columns: Schema,
    scan: Scan,
}

impl AvroNode {
    /// The node of a scan with these columns, for a list whose column `piece` holds the numbers of
    /// the pieces.
    pub(crate) fn new(scan: Scan, schema: SchemaRef, work: WorkList, piece: PlSmallStr) -> Self {
        Self(Arc::new(Inner {
            scan,
            schema,
            work,
            piece,
            projections: Mutex::default(),
        }))
    }
}

impl UdfSchema for AvroNode {
    fn get_schema(&self, list: &Schema) -> PolarsResult<SchemaRef> {
        self.0.schema_of(list).map(Arc::new)
    }
}

impl DataFrameUdf for AvroNode {
    fn call_udf(&self, list: DataFrame) -> PolarsResult<DataFrame> {
        let projected = self.0.projected(list.schema())?;
        let items = self.0.items(&list)?;
        // The engines that run piece by piece hand in one; the one that does not hands in all.
        let rows = if items.len() <= 1 || self.0.scan.options().n_rows.is_some() {
            projected.read(items.concat())?
        } else {
            projected.read_in_parallel(&items)?
        };
        projected.with_piece(rows)
    }
}

impl Inner {
    /// What comes out of the node for a list with these columns: in the place of `piece`, which has
    /// done its work then, a struct without fields.
    fn schema_of(&self, list: &Schema) -> PolarsResult<Schema> {
        list.iter_names()
            .map(|name| {
                let dtype = match *name == self.piece {
                    true => DataType::Struct(Vec::new()),
                    false => self.schema.try_get(name)?.clone(),
                };
                Ok(Field::new(name.clone(), dtype))
            })
            .collect()
    }

    /// The scan for these columns, compiled at most once for each choice of columns.
    fn projected(&self, list: &Schema) -> PolarsResult<Arc<Projected>> {
        let mut known = self
            .projections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known
            .iter()
            .find(|old| old.output.iter_names().eq(list.iter_names()))
        {
            return Ok(found.clone());
        }
        let output = self.schema_of(list)?;
        let piece = output.try_index_of(&self.piece)?;
        let mut columns = output.clone();
        columns.shift_remove(&self.piece);
        let projection = within(&self.scan.options().projection, &self.schema, &columns);
        let scan = self.scan.with_projection(projection).map_err(to_polars)?;
        let projected = Arc::new(Projected {
            output,
            piece,
            columns,
            scan,
        });
        if known.len() == PROJECTIONS {
            known.remove(0);
        }
        known.push(projected.clone());
        Ok(projected)
    }

    /// The pieces whose numbers are in the list.
    fn items(&self, list: &DataFrame) -> PolarsResult<Vec<&[Part]>> {
        list.column(&self.piece)?
            .u64()?
            .iter()
            .map(|number| {
                number.and_then(|number| self.work.item(number)).ok_or_else(
                    || polars_err!(ComputeError: "there is no piece of work {number:?}"),
                )
            })
            .collect()
    }
}

impl Projected {
    /// The rows of these parts, in order.
    fn read(&self, parts: Vec<Part>) -> PolarsResult<DataFrame> {
        let mut rows = Rows::new(&self.columns);
        for batch in self.scan.reader_of(parts).map_err(to_polars)? {
            rows.append(convert::frame(&batch.map_err(to_polars)?, &self.columns)?)?;
        }
        Ok(rows.finish())
    }

    /// The rows of these pieces, in order, read by all threads of Polars.
    fn read_in_parallel(&self, items: &[&[Part]]) -> PolarsResult<DataFrame> {
        let frames: Vec<OnceLock<PolarsResult<DataFrame>>> =
            items.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let (Some(item), Some(slot)) = (items.get(number), frames.get(number)) else {
                    return;
                };
                let frame = self.read(item.to_vec());
                if frame.is_err() {
                    next.store(items.len(), Ordering::Relaxed);
                }
                // Nobody else has this number, so the slot is empty.
                let _ = slot.set(frame);
            }
        };
        RAYON.scope(|scope| {
            for _ in 0..RAYON.current_num_threads().min(items.len()) {
                scope.spawn(|_| work());
            }
        });
        let mut rows = Rows::new(&self.columns);
        // Pieces are taken in order, so the ones that nobody took come after one that failed.
        for frame in frames.into_iter().map_while(OnceLock::into_inner) {
            rows.append(frame?)?;
        }
        Ok(rows.finish())
    }

    /// The rows with the column that stands in for `piece`.
    fn with_piece(&self, rows: DataFrame) -> PolarsResult<DataFrame> {
        let height = rows.height();
        let name = self.output.try_get_at_index(self.piece)?.0.clone();
        let piece = StructChunked::from_series(name, height, std::iter::empty())?;
        let mut columns = rows.into_columns();
        columns.insert(self.piece, piece.into_series().into_column());
        DataFrame::new(height, columns)
    }
}

/// Frames on top of each other.
struct Rows<'a> {
    schema: &'a Schema,
    frame: Option<DataFrame>,
}

impl<'a> Rows<'a> {
    fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            frame: None,
        }
    }

    fn append(&mut self, next: DataFrame) -> PolarsResult<()> {
        match &mut self.frame {
            None => self.frame = Some(next),
            Some(frame) => {
                frame.vstack_mut_owned(next)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> DataFrame {
        self.frame
            .unwrap_or_else(|| DataFrame::empty_with_schema(self.schema))
    }
}

/// The part of a projection that makes up these columns, in the order of the columns.
///
/// A path belongs to the column of its own name, or else to the one with the longest name that it
/// begins with: the rule by which the core resolves it.
fn within(projection: &Projection, all: &Schema, columns: &Schema) -> Projection {
    let Projection::Columns(paths) = projection else {
        return Projection::columns(columns.iter_names().map(|name| name.to_string()));
    };
    let column_of = |path: &str| {
        all.iter_names()
            .filter(|name| {
                let rest = path.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
            .max_by_key(|name| name.len())
    };
    let of = |column| {
        paths
            .iter()
            .filter(move |path| column_of(path) == Some(column))
    };
    Projection::columns(columns.iter_names().flat_map(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(names: &[&str]) -> Schema {
        names
            .iter()
            .map(|name| Field::new((*name).into(), DataType::Null))
            .collect()
    }

    #[test]
    fn a_part_of_a_projection_follows_the_columns() {
        let all = schema(&["a", "a.b", "c"]);
        let part =
            |projection: &Projection, columns: &[&str]| within(projection, &all, &schema(columns));
        assert_eq!(
            part(&Projection::All, &["c", "a"]),
            Projection::columns(["c", "a"])
        );
        assert_eq!(part(&Projection::All, &[]), Projection::none());
        let paths = Projection::columns(["a.x", "c.d", "a.b.y", "a.z", "c.e.f"]);
        assert_eq!(
            part(&paths, &["c", "a"]),
            Projection::columns(["c.d", "c.e.f", "a.x", "a.z"])
        );
        assert_eq!(part(&paths, &["a.b"]), Projection::columns(["a.b.y"]));
    }
}
