//! Schema and projection, compiled into what the decoder does for each row.
//!
//! Everything that can be decided before the first byte is decided here: which values are kept,
//! how each is read, what is skipped in one step, how little a row can take in the file and how
//! much in memory. A plan is immutable and shared by all workers.

mod compile;
mod display;
mod projection;
mod skip;

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};

use crate::error::Result;
use crate::limits::Limits;
use crate::schema::{AvroSchema, NodeId};
pub use projection::Projection;
pub(crate) use skip::Skip;

/// How the rows of a file with one schema become columns.
#[derive(Debug)]
pub struct DecodePlan {
    schema: SchemaRef,
    row: RecordPlan,
    /// For each column of `schema`, its number among the kept fields of `row`.
    output: Vec<usize>,
    /// Whether the one kept value is a nullable record whose fields are the columns.
    flatten: bool,
    /// How recursive types are skipped, by their number in [`Skip::Recursive`].
    recursive: Vec<Skip>,
    headers_suffice: bool,
}

impl DecodePlan {
    /// Compiles the columns of `projection` in files of this schema.
    ///
    /// # Errors
    /// [`Usage`](crate::ErrorKind::Usage) for a column that does not exist,
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a type that cannot be read yet, with the
    /// path of the field, [`Limit`](crate::ErrorKind::Limit) for a schema that expands too far.
    pub fn new(schema: &AvroSchema, projection: &Projection, limits: &Limits) -> Result<Self> {
        compile::compile(schema, projection, limits)
    }

    /// The schema of the batches: the columns of the projection, in its order.
    pub fn arrow_schema(&self) -> &SchemaRef {
        &self.schema
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

    pub(crate) fn recursive(&self) -> &[Skip] {
        &self.recursive
    }

    pub(crate) fn output(&self) -> &[usize] {
        &self.output
    }
}

/// The fields of a record in the order of the file.
#[derive(Debug)]
pub(crate) struct RecordPlan {
    pub(crate) steps: Vec<Step>,
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
    pub(crate) data_type: DataType,
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
    String,
    Bytes,
    Fixed(usize),
    FixedOfNoBytes,
    /// All symbols, in the order of the schema.
    Enum(ArrayRef),
    /// A big-endian two's complement number: in a fixed of `size` bytes, or in bytes. It becomes
    /// a number of 128 bits;
    Decimal128 {
        size: Option<usize>,
        precision: u8,
    },
    /// of 256 bits;
    Decimal256 {
        size: Option<usize>,
        precision: u8,
    },
    /// or text.
    DecimalText {
        size: Option<usize>,
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
    /// Read value by value, by the schema, into JSON text. `recursive` are the types that may be
    /// met inside of themselves.
    Json {
        schema: Arc<AvroSchema>,
        node: NodeId,
        recursive: Vec<NodeId>,
    },
}

/// A union that is more than one type and null.
#[derive(Debug)]
pub(crate) struct UnionPlan {
    pub(crate) branches: Vec<BranchPlan>,
    /// Whether a branch is null.
    pub(crate) nullable: bool,
    pub(crate) sizes: Sizes,
}

/// What is done with a branch of a union.
#[derive(Debug)]
pub(crate) enum BranchPlan {
    Null,
    Keep { name: Arc<str>, value: ValuePlan },
    Skip(Skip),
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
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            encoded: self.encoded.saturating_add(other.encoded),
            decoded: self.decoded.saturating_add(other.decoded),
        }
    }
}

impl ValuePlan {
    /// The field that holds this value. A null type is always nullable.
    pub(crate) fn field(&self, name: &str) -> Field {
        Field::new(name, self.data_type.clone(), self.nullable())
    }

    pub(crate) fn nullable(&self) -> bool {
        self.nulls.is_some()
            || match &self.shape {
                Shape::Null => true,
                Shape::Union(union) => union.nullable,
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests;
