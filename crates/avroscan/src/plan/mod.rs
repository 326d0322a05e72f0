//! Schema and projection, compiled into what the decoder does for each row.
//!
//! Everything that can be decided before the first byte is decided here: which values are kept,
//! how each is read, what is skipped in one step, how little a row can take in the file and how
//! much in memory. A plan is immutable and shared by all workers.

mod compile;
mod display;
mod filter;
mod projection;
mod skip;

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits, MAX_LEVELS};
use crate::resolve::{MAX_DEPTH, Promotion, Rescale, Resolved, SymbolNumbers, ValueId};
use crate::schema::AvroSchema;
use crate::stack;
pub(crate) use compile::smallest_row;
pub(crate) use filter::FilterPlan;
pub use filter::RowFilter;
pub use projection::Projection;
use skip::Hop;
pub(crate) use skip::{Recursion, Skip};

/// How the rows of a file with one schema become columns.
pub struct DecodePlan {
    schema: SchemaRef,
    row: RecordPlan,
    /// Whether the one kept value is a record whose fields are the columns.
    flatten: bool,
    recursion: Recursion,
    /// How deep types nest, kept or skipped.
    depth: usize,
    /// The first column that nests too deep to be handed out. In `schema` such columns are null.
    too_deep: Option<TooDeep>,
    headers_suffice: bool,
    filter: Option<Box<FilterPlan>>,
}

/// A column whose type nests deeper than [`Limits::column_depth`].
#[derive(Debug)]
struct TooDeep {
    column: String,
    levels: usize,
    most: usize,
}

impl DecodePlan {
    /// Compiles the columns of `projection` in files of the schema `writer`, read as `reader` if
    /// that is given. Types that contain themselves are spelled out `unroll` times more.
    pub(crate) fn new(
        writer: &AvroSchema,
        reader: Option<&AvroSchema>,
        projection: &Projection,
        unroll: usize,
        limits: &Limits,
    ) -> Result<Self> {
        // What recurses here asks for room at each level. This is for what is dropped on the way.
        let nodes = writer.types().len() + reader.map_or(0, |reader| reader.types().len());
        let depth = nodes
            .saturating_mul(unroll.saturating_add(1))
            .min(MAX_DEPTH);
        stack::with_levels(2 * depth, || {
            let resolved = Resolved::new(writer, reader, limits)?;
            compile::compile(Arc::new(resolved), projection, unroll, limits)
        })
    }

    /// The same plan, if batches can be made by it.
    ///
    /// # Errors
    /// [`Limit`](ErrorKind::Limit) for a column that nests too deep.
    pub(crate) fn readable(self) -> Result<Self> {
        let filter = self
            .filter
            .as_ref()
            .and_then(|filter| filter.plan.too_deep.as_ref());
        match self.too_deep.as_ref().or(filter) {
            None => Ok(self),
            Some(TooDeep { column, levels, most }) => Err(Error::new(
                ErrorKind::Limit(Limit::ColumnDepth),
                format!("the type of a column nests {levels} levels deep, more than column_depth = {most}"),
            )
            .in_field(column)),
        }
    }

    /// Whether all of its columns can be handed out.
    pub(crate) fn is_readable(&self) -> bool {
        self.too_deep.is_none()
    }

    /// How deep anything nests that recurses over the plan or over its values, in levels of Arrow
    /// types: a map is two of them.
    pub(crate) fn levels(&self) -> usize {
        let values = if self.recursion.is_empty() {
            0
        } else {
            MAX_LEVELS
        };
        2 * self.depth + values
    }

    /// The schema of the batches: the columns of the projection, in its order.
    pub fn arrow_schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Bytes in memory of the parts of a row that have a fixed width: numbers, views of text, offsets.
    pub fn row_bytes(&self) -> usize {
        self.row.sizes.decoded
    }

    /// The same plan for the rows alone that this filter keeps; `plan` is of its columns.
    pub(crate) fn with_filter(mut self, plan: Self, filter: Arc<dyn RowFilter>) -> Self {
        self.headers_suffice = false;
        self.filter = Some(Box::new(FilterPlan { plan, filter }));
        self
    }

    /// How rows are chosen, if not all are wanted.
    pub(crate) fn filter(&self) -> Option<&FilterPlan> {
        self.filter.as_deref()
    }

    /// Whether nothing of the rows is wanted but their number.
    pub(crate) fn headers_suffice(&self) -> bool {
        self.headers_suffice
    }

    pub(crate) fn row(&self) -> &RecordPlan {
        &self.row
    }

    pub(crate) fn flatten(&self) -> bool {
        self.flatten
    }

    pub(crate) fn recursion(&self) -> &Recursion {
        &self.recursion
    }
}

impl Drop for DecodePlan {
    fn drop(&mut self) {
        let row = std::mem::take(&mut self.row);
        let recursion = std::mem::take(&mut self.recursion);
        stack::with_levels(2 * self.depth, || drop((row, recursion)));
    }
}

/// The fields of a record in the order of the file; behind them those that the file lacks.
#[derive(Debug, Default)]
pub(crate) struct RecordPlan {
    pub(crate) steps: Vec<Step>,
    /// For each field of the result, its number among the kept ones of `steps`.
    pub(crate) order: Vec<usize>,
    pub(crate) sizes: Sizes,
}

/// What is done with one field, or with a run of fields that are skipped.
#[derive(Debug)]
pub(crate) enum Step {
    Keep { name: Arc<str>, value: ValuePlan },
    Skip(Skip),
}

/// How one value is read.
#[derive(Debug)]
pub(crate) struct ValuePlan {
    /// Set where the value is a union of one type and null.
    pub(crate) nulls: Option<NullBranch>,
    pub(crate) shape: Shape,
    /// The type that it becomes, and whether that can be null: the reader's schema decides.
    pub(crate) data_type: DataType,
    pub(crate) nullable: bool,
    pub(crate) sizes: Sizes,
}

/// Which branch of a union is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullBranch {
    First,
    Second,
    /// A union of a single type: the index is there, and is 0.
    Never,
}

/// How a value is laid out in the file.
#[derive(Debug)]
pub(crate) enum Shape {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    TimeMillis,
    TimeMicros,
    /// A number that becomes one of a wider type.
    Promoted(Promotion),
    /// A time that becomes one of another unit.
    Rescaled(Rescale),
    String,
    Bytes,
    Fixed(usize),
    FixedOfNoBytes,
    /// All symbols, in the order of the schema, and where the file has others: their numbers here.
    Enum {
        symbols: ArrayRef,
        numbers: Option<SymbolNumbers>,
    },
    /// An enum that is read as text or bytes: its symbols in the file.
    SymbolText(Arc<[String]>),
    /// A decimal. It becomes a number of 128 bits;
    Decimal128 {
        stored: StoredDecimal,
        precision: u8,
    },
    /// of 256 bits;
    Decimal256 {
        stored: StoredDecimal,
        precision: u8,
    },
    /// or text.
    DecimalText {
        stored: StoredDecimal,
        precision: u32,
        scale: u32,
    },
    /// Length-prefixed: a length-prefixed number as above, then its scale.
    BigDecimal,
    /// Three little-endian numbers of 32 bits: months, days, milliseconds.
    Duration,
    UuidFixed,
    /// The field is the array's item.
    List {
        item: Box<ValuePlan>,
        field: FieldRef,
    },
    /// The field is the map's entries.
    Map {
        value: Box<ValuePlan>,
        field: FieldRef,
    },
    Record(RecordPlan),
    Union(UnionPlan),
    /// A union whose values become values of one type.
    Select(SelectPlan),
    /// Not read: always the value that these bytes encode.
    Constant {
        value: Box<ValuePlan>,
        bytes: Arc<[u8]>,
    },
    /// Read value by value, by the schema, into JSON text.
    Json {
        resolved: Arc<Resolved>,
        value: ValueId,
    },
}

/// How a decimal is stored: as a big-endian two's complement number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredDecimal {
    /// Width of a fixed; none where the number is stored as bytes.
    pub(crate) size: Option<usize>,
    /// The number is to be multiplied by ten to the power of this.
    pub(crate) shift: i64,
}

/// A union that is more than one type and null.
#[derive(Debug)]
pub(crate) struct UnionPlan {
    pub(crate) routes: Routes,
    pub(crate) fields: Vec<UnionField>,
    /// Whether a branch is null.
    pub(crate) nullable: bool,
}

/// A branch of a union that is kept.
#[derive(Debug)]
pub(crate) struct UnionField {
    pub(crate) name: Arc<str>,
    /// How its values are read: at least one way, more where several branches of the file's union
    /// become this one.
    pub(crate) ways: Vec<ValuePlan>,
}

/// A union, or a type that was one, whose values become values of one type.
#[derive(Debug)]
pub(crate) struct SelectPlan {
    pub(crate) routes: Routes,
    pub(crate) ways: Vec<ValuePlan>,
}

/// Where the values of a union go.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    /// Whether the number of a branch precedes the value.
    pub(crate) tagged: bool,
    /// For each branch of the file's union; for the one type where it is none.
    pub(crate) branches: Vec<Route>,
}

/// What is done with a branch of a union.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    Null,
    /// Read this way into this field; into the only one of a [`SelectPlan`].
    Keep {
        field: usize,
        way: usize,
    },
    Skip(Skip),
    /// An error, for this reason.
    Refuse(Arc<str>),
}

/// What a value takes, known before it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Fewest bytes of it in the file.
    pub(crate) encoded: usize,
    /// Bytes in memory of its fixed-width parts: what a null costs.
    pub(crate) decoded: usize,
}

impl Sizes {
    /// Of what is passed over.
    pub(crate) fn encoded(encoded: usize) -> Self {
        Self {
            encoded,
            decoded: 0,
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            encoded: self.encoded.saturating_add(other.encoded),
            decoded: self.decoded.saturating_add(other.decoded),
        }
    }
}

impl Shape {
    /// An enum whose symbols have these numbers in the file.
    fn with_numbers(self, numbers: &SymbolNumbers) -> Self {
        match self {
            Self::Enum { symbols, .. } => Self::Enum {
                symbols,
                numbers: Some(numbers.clone()),
            },
            other => other,
        }
    }

    /// A decimal that is stored like this.
    fn with_stored(self, stored: StoredDecimal) -> Self {
        match self {
            Self::Decimal128 { precision, .. } => Self::Decimal128 { stored, precision },
            Self::Decimal256 { precision, .. } => Self::Decimal256 { stored, precision },
            Self::DecimalText {
                precision, scale, ..
            } => Self::DecimalText {
                stored,
                precision,
                scale,
            },
            other => other,
        }
    }
}

impl ValuePlan {
    /// The field that holds this value. A null type is always nullable.
    pub(crate) fn field(&self, name: &str) -> Field {
        Field::new(name, self.data_type.clone(), self.nullable)
    }
}

#[cfg(test)]
mod tests;
