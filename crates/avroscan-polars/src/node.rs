//! The function that turns pieces of work into rows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use avroscan::{BatchReader, Projection, Runs, Scan};
use polars::prelude::*;
use polars_core::runtime::RAYON;
use polars_plan::plans::{DataFrameUdf, UdfSchema};

use crate::ahead::Ahead;
use crate::convert;
use crate::error::to_polars;
use crate::predicate::{Predicate, PredicateFilter};
use crate::pushed::Pushed;
use crate::table::Table;
use crate::work_list::{Part, WorkList};

/// How many column choices of one scan are kept compiled. A query has one for each place where the
/// scan occurs in it.
const PROJECTIONS: usize = 16;

/// The nodes by their names. A plan holds a node as a function of which it knows nothing but its
/// name: this is the way back.
static NODES: LazyLock<Mutex<HashMap<String, Weak<Inner>>>> = LazyLock::new(Mutex::default);

/// A scan that is told which columns and which pieces to read by a part of its work list.
#[derive(Clone)]
pub(crate) struct AvroNode(Arc<Inner>);

struct Inner {
    table: Table,
    work: Arc<WorkList>,
    /// Name of the column that holds the numbers of the pieces.
    piece: PlSmallStr,
    /// What of a query happens here.
    pushed: Pushed,
    /// Whether pieces are fetched before their turn comes. Only where the node ends with its query,
    /// and with it what nobody asked for.
    reads_ahead: bool,
    /// What was compiled before, the most recent last.
    projections: Mutex<Vec<Arc<Projected>>>,
}

/// The scan, compiled for some of its columns.
struct Projected {
    /// What comes out: the columns named in the list, `piece` included.
    output: Schema,
    /// Where `piece` is among them.
    piece: usize,
    /// Those of them that the files hold.
    data: Schema,
    /// All but `piece`.
    columns: Schema,
    table: Table,
    /// Of the columns in `data`.
    scan: Scan,
    /// The same for each run of the query, with a report and a skip budget of its own.
    runs: Runs<Arc<Scan>>,
    ahead: Ahead,
}

impl AvroNode {
    /// The node of a table, for a list whose column `piece` holds the numbers of the pieces. No
    /// other node of the process has this name.
    pub(crate) fn new(name: String, table: Table, work: WorkList, piece: PlSmallStr) -> Self {
        let node = Arc::new(Inner {
            table,
            work: Arc::new(work),
            piece,
            pushed: Pushed::default(),
            reads_ahead: false,
            projections: Mutex::default(),
        });
        let mut nodes = lock(&NODES);
        nodes.retain(|_, node| node.strong_count() > 0);
        nodes.insert(name, Arc::downgrade(&node));
        Self(node)
    }

    /// The node of this name, if it is one.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        lock(&NODES).get(name)?.upgrade().map(Self)
    }

    /// The same scan as a part of one query, some of which happens in it.
    pub(crate) fn in_query(&self, pushed: Pushed) -> Self {
        Self(Arc::new(Inner {
            reads_ahead: true,
            table: self.0.table.clone(),
            work: self.0.work.clone(),
            piece: self.0.piece.clone(),
            pushed,
            projections: Mutex::default(),
        }))
    }

    /// What it reads.
    pub(crate) fn table(&self) -> &Table {
        &self.0.table
    }

    /// Name of the column of the list that is none of the table.
    pub(crate) fn piece(&self) -> &PlSmallStr {
        &self.0.piece
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
        let rows = match projected.scan.options().n_rows {
            None if items.len() > 1 => self.0.read_in_parallel(&projected, &items)?,
            enough => {
                let mut rows = Rows::new(&projected.columns);
                for item in items {
                    if enough.is_some_and(|enough| rows.height() as u64 >= enough) {
                        break;
                    }
                    self.0.read(&projected, item, &mut rows)?;
                }
                rows.finish()
            }
        };
        projected.with_piece(rows)
    }
}

/// A piece of work: its number, and what is to be read.
type Item<'a> = (u64, &'a [Part]);

impl Inner {
    /// What comes out of the node for a list with these columns: in the place of `piece`, which has
    /// done its work then, a struct without fields.
    fn schema_of(&self, list: &Schema) -> PolarsResult<Schema> {
        list.iter_names()
            .map(|name| {
                let dtype = match *name == self.piece {
                    true => DataType::Struct(Vec::new()),
                    false => self.table.schema.try_get(name)?.clone(),
                };
                Ok(Field::new(name.clone(), dtype))
            })
            .collect()
    }

    /// The scan for these columns, compiled at most once for each choice of columns.
    fn projected(&self, list: &Schema) -> PolarsResult<Arc<Projected>> {
        let mut known = lock(&self.projections);
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
        let mut data = columns.clone();
        data.retain(|name, _| !self.table.files.contains(name));
        let projected = Arc::new(Projected {
            scan: self.scan_of(&data)?,
            output,
            piece,
            data,
            columns,
            table: self.table.clone(),
            runs: Runs::default(),
            ahead: Ahead::default(),
        });
        if known.len() == PROJECTIONS {
            known.remove(0);
        }
        known.push(projected.clone());
        Ok(projected)
    }

    /// The scan of these columns, with what was pushed down to it.
    fn scan_of(&self, columns: &Schema) -> PolarsResult<Scan> {
        let Table { scan, data, .. } = &self.table;
        let projection = |columns: &Schema| within(&scan.options().projection, data, columns);
        let filter = |predicate: &Predicate| -> Arc<dyn avroscan::RowFilter> {
            let columns = projection(&predicate.columns);
            Arc::new(PredicateFilter::new(predicate.clone(), columns))
        };
        let options = scan.options().clone();
        let n_rows = [options.n_rows, self.pushed.limit()];
        let options = options
            .with_projection(projection(columns))
            .with_filter(self.pushed.predicate().map(filter))
            .with_n_rows(n_rows.into_iter().flatten().min());
        scan.with_options(options).map_err(to_polars)
    }

    /// The pieces whose numbers are in the list.
    fn items(&self, list: &DataFrame) -> PolarsResult<Vec<Item<'_>>> {
        let item = |number: Option<u64>| {
            let number = number?;
            Some((number, self.work.item(number)?))
        };
        list.column(&self.piece)?
            .u64()?
            .iter()
            .map(|number| {
                item(number).ok_or_else(
                    || polars_err!(ComputeError: "there is no piece of work {number:?}"),
                )
            })
            .collect()
    }

    /// Adds the rows of this piece.
    fn read(
        &self,
        scan: &Projected,
        (number, parts): Item<'_>,
        rows: &mut Rows<'_>,
    ) -> PolarsResult<()> {
        if self.pushed.is_satisfied() {
            scan.ahead.stop();
            return Ok(());
        }
        let before = rows.height();
        let begun = match self.reads_ahead {
            true => scan.ahead.take(number, |piece| self.reader(scan, piece))?,
            false => None,
        };
        let parts = self.wanted(parts);
        match (begun, parts.first()) {
            (Some(reader), Some((file, _))) => scan.append(reader, *file, rows)?,
            _ => {
                let of_run = scan.of_run(number);
                for parts in self.read_together(&parts) {
                    if let Some((file, _)) = parts.first() {
                        let reader = of_run.reader_of(parts.to_vec()).map_err(to_polars)?;
                        scan.append(reader, *file, rows)?;
                    }
                }
            }
        }
        self.pushed.done(number, (rows.height() - before) as u64);
        Ok(())
    }

    /// The one reader of a piece, if one is all that it takes.
    fn reader(&self, scan: &Projected, piece: u64) -> PolarsResult<Option<BatchReader>> {
        let Some(parts) = self.work.item(piece) else {
            return Ok(None);
        };
        let parts = self.wanted(parts);
        match self.read_together(&parts)[..] {
            [parts] => {
                let reader = scan.of_run(piece).reader_of(parts.to_vec());
                reader.map_err(to_polars).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Those parts of a piece that are read at all.
    fn wanted(&self, parts: &[Part]) -> Vec<Part> {
        let wanted = |part: &&Part| self.pushed.reads_file(part.0);
        parts.iter().filter(wanted).copied().collect()
    }

    /// Parts that are read together: those of one file if its path says something about its rows.
    fn read_together<'a>(&self, parts: &'a [Part]) -> Vec<&'a [Part]> {
        match self.table.files.is_empty() {
            true if parts.is_empty() => Vec::new(),
            true => vec![parts],
            false => parts.chunk_by(|one, next| one.0 == next.0).collect(),
        }
    }

    /// The rows of these pieces, in order, read by all threads of Polars.
    fn read_in_parallel(&self, scan: &Projected, items: &[Item<'_>]) -> PolarsResult<DataFrame> {
        let frames: Vec<OnceLock<PolarsResult<DataFrame>>> =
            items.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let (Some(item), Some(slot)) = (items.get(number), frames.get(number)) else {
                    return;
                };
                let mut rows = Rows::new(&scan.columns);
                let read = self.read(scan, *item, &mut rows);
                if read.is_err() {
                    next.store(items.len(), Ordering::Relaxed);
                }
                // Nobody else has this number, so the slot is empty.
                let _ = slot.set(read.map(|()| rows.finish()));
            }
        };
        RAYON.scope(|scope| {
            for _ in 0..RAYON.current_num_threads().min(items.len()) {
                scope.spawn(|_| work());
            }
        });
        let mut rows = Rows::new(&scan.columns);
        // Pieces are taken in order, so the ones that nobody took come after one that failed.
        for frame in frames.into_iter().map_while(OnceLock::into_inner) {
            rows.append(frame?)?;
        }
        Ok(rows.finish())
    }
}

impl Projected {
    /// The scan of the run that reads this piece now.
    fn of_run(&self, piece: u64) -> Arc<Scan> {
        let report = &self.scan.options().report;
        let new = || Arc::new(self.scan.with_report(report.part()));
        // The number is that of an item in memory.
        self.runs.of(piece as usize, new)
    }

    /// Adds the rows that come from this reader, of the file of this number or of several.
    fn append(&self, reader: BatchReader, file: usize, rows: &mut Rows<'_>) -> PolarsResult<()> {
        for batch in reader {
            let frame = convert::frame(&batch.map_err(to_polars)?, &self.data)?;
            rows.append(self.table.files.join(frame, &self.columns, file)?)?;
        }
        Ok(())
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept is in order at all times.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn height(&self) -> usize {
        self.frame.as_ref().map_or(0, DataFrame::height)
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

/// The column that a path belongs to: that of its own name, or else the one with the longest name
/// that it begins with, as the core resolves it.
fn column_of<'a>(path: &'a str, all: &Schema) -> Option<&'a str> {
    let dots = path.rmatch_indices('.').map(|(dot, _)| dot);
    let names = std::iter::once(path.len()).chain(dots);
    let mut names = names.filter_map(|end| path.get(..end));
    names.find(|name| all.contains(name))
}

/// The part of a projection that makes up these columns, in the order of the columns.
fn within(projection: &Projection, all: &Schema, columns: &Schema) -> Projection {
    let Projection::Columns(paths) = projection else {
        return Projection::columns(columns.iter_names().map(|name| name.to_string()));
    };
    let mut paths_of: HashMap<&str, Vec<&String>> = HashMap::new();
    for path in paths {
        if let Some(column) = column_of(path, all) {
            paths_of.entry(column).or_default().push(path);
        }
    }
    let of = |column: &PlSmallStr| paths_of.get(column.as_str()).into_iter().flatten().copied();
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
