//! Columns under construction: a tree of builders, one for each kept value of the plan.
//!
//! A shape's file holds all there is to know about it: how it is read, what a null leaves in its
//! place, how it is cut back when a block turns out bad, and how it becomes an Arrow array.

mod binary;
mod boolean;
mod constant;
mod decimal;
mod duration;
mod enumeration;
mod fixed;
mod json;
mod list;
mod null;
mod nullable;
mod primitive;
mod record;
mod rows;
mod select;
mod union;
mod values;
mod views;
mod ways;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, i256};

use crate::decode::Input;
use crate::error::Result;
use crate::plan::{Shape, ValuePlan};
use crate::resolve::{Promotion, Rescale};
use binary::{BytesColumn, EmptyFixedColumn, TextColumn, UuidColumn};
use boolean::BooleanColumn;
use constant::ConstantColumn;
use decimal::{BigDecimal, DecimalColumn, DecimalText};
use duration::DurationColumn;
use enumeration::{EnumColumn, SymbolText};
use fixed::FixedColumn;
use json::Json;
use list::{ListColumn, MapColumn};
use null::NullColumn;
use nullable::NullableColumn;
use primitive::{
    Double, Float, FloatToDouble, Int, IntToDouble, IntToFloat, IntToLong, Long, LongToDouble,
    LongToFloat, PrimitiveColumn, TimeMicros, TimeMillis,
};
use record::RecordColumn;
pub(crate) use rows::Rows;
use select::SelectColumn;
use union::UnionColumn;
use views::ViewColumn;

/// What every column does.
trait Build {
    /// Reads one value.
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()>;
    /// Reads so many values.
    #[inline]
    fn read_several(&mut self, count: usize, input: &mut Input<'_, '_>) -> Result<()> {
        let mut local = input.copy();
        for _ in 0..count {
            self.read(&mut local)?;
        }
        input.cursor = local.cursor;
        Ok(())
    }
    /// Leaves whatever is cheapest in the place of a null.
    fn push_null(&mut self);
    /// Makes room for so many more values.
    fn reserve(&mut self, additional: usize);
    /// Drops all values but the first `length`.
    fn truncate(&mut self, length: usize);
    /// The values as an array with these nulls; the column is empty afterwards.
    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef>;
}

/// A column of any shape. Its tag is a byte of its own: it is looked at for every value.
#[repr(u8)]
pub(crate) enum Column {
    Null(NullColumn),
    Boolean(BooleanColumn),
    Int(PrimitiveColumn<Int>),
    Long(PrimitiveColumn<Long>),
    Float(PrimitiveColumn<Float>),
    Double(PrimitiveColumn<Double>),
    TimeMillis(PrimitiveColumn<TimeMillis>),
    TimeMicros(PrimitiveColumn<TimeMicros>),
    IntToLong(PrimitiveColumn<IntToLong>),
    IntToFloat(PrimitiveColumn<IntToFloat>),
    IntToDouble(PrimitiveColumn<IntToDouble>),
    LongToFloat(PrimitiveColumn<LongToFloat>),
    LongToDouble(PrimitiveColumn<LongToDouble>),
    FloatToDouble(PrimitiveColumn<FloatToDouble>),
    Rescaled(PrimitiveColumn<Rescale>),
    Text(TextColumn),
    Bytes(BytesColumn),
    Fixed(FixedColumn),
    EmptyFixed(EmptyFixedColumn),
    Enum(EnumColumn),
    Decimal128(DecimalColumn<i128>),
    Decimal256(DecimalColumn<i256>),
    DecimalText(ViewColumn<DecimalText>),
    SymbolText(ViewColumn<SymbolText<true>>),
    SymbolBytes(ViewColumn<SymbolText<false>>),
    BigDecimal(ViewColumn<BigDecimal>),
    Duration(DurationColumn),
    Uuid(UuidColumn),
    List(Box<ListColumn>),
    Map(Box<MapColumn>),
    Record(Box<RecordColumn>),
    Union(Box<UnionColumn>),
    Select(Box<SelectColumn>),
    Constant(Box<ConstantColumn>),
    Json(Box<ViewColumn<Json>>),
    NullableBoolean(NullableColumn<BooleanColumn>),
    NullableInt(NullableColumn<PrimitiveColumn<Int>>),
    NullableLong(NullableColumn<PrimitiveColumn<Long>>),
    NullableFloat(NullableColumn<PrimitiveColumn<Float>>),
    NullableDouble(NullableColumn<PrimitiveColumn<Double>>),
    NullableText(NullableColumn<TextColumn>),
    NullableRecord(Box<NullableColumn<RecordColumn>>),
    Nullable(Box<NullableColumn<Column>>),
}

impl Column {
    pub(crate) fn new(plan: &ValuePlan) -> Self {
        let column = Self::of_shape(plan);
        let Some(branch) = plan.nulls else {
            return column;
        };
        match column {
            Self::Boolean(column) => Self::NullableBoolean(NullableColumn::new(branch, column)),
            Self::Int(column) => Self::NullableInt(NullableColumn::new(branch, column)),
            Self::Long(column) => Self::NullableLong(NullableColumn::new(branch, column)),
            Self::Float(column) => Self::NullableFloat(NullableColumn::new(branch, column)),
            Self::Double(column) => Self::NullableDouble(NullableColumn::new(branch, column)),
            Self::Text(column) => Self::NullableText(NullableColumn::new(branch, column)),
            Self::Record(column) => {
                Self::NullableRecord(Box::new(NullableColumn::new(branch, *column)))
            }
            column => Self::Nullable(Box::new(NullableColumn::new(branch, column))),
        }
    }

    fn of_shape(plan: &ValuePlan) -> Self {
        let data_type = || plan.data_type.clone();
        match &plan.shape {
            Shape::Null => Self::Null(NullColumn::default()),
            Shape::Boolean => Self::Boolean(BooleanColumn::default()),
            Shape::Int => Self::Int(PrimitiveColumn::new(Int, data_type())),
            Shape::Long => Self::Long(PrimitiveColumn::new(Long, data_type())),
            Shape::Float => Self::Float(PrimitiveColumn::new(Float, data_type())),
            Shape::Double => Self::Double(PrimitiveColumn::new(Double, data_type())),
            Shape::TimeMillis => Self::TimeMillis(PrimitiveColumn::new(TimeMillis, data_type())),
            Shape::TimeMicros => Self::TimeMicros(PrimitiveColumn::new(TimeMicros, data_type())),
            Shape::Promoted(promotion) => match promotion {
                Promotion::IntToLong => {
                    Self::IntToLong(PrimitiveColumn::new(IntToLong, data_type()))
                }
                Promotion::IntToFloat => {
                    Self::IntToFloat(PrimitiveColumn::new(IntToFloat, data_type()))
                }
                Promotion::IntToDouble => {
                    Self::IntToDouble(PrimitiveColumn::new(IntToDouble, data_type()))
                }
                Promotion::LongToFloat => {
                    Self::LongToFloat(PrimitiveColumn::new(LongToFloat, data_type()))
                }
                Promotion::LongToDouble => {
                    Self::LongToDouble(PrimitiveColumn::new(LongToDouble, data_type()))
                }
                Promotion::FloatToDouble => {
                    Self::FloatToDouble(PrimitiveColumn::new(FloatToDouble, data_type()))
                }
            },
            Shape::Rescaled(rescale) => Self::Rescaled(PrimitiveColumn::new(*rescale, data_type())),
            Shape::String => Self::Text(TextColumn::default()),
            Shape::Bytes => Self::Bytes(BytesColumn::default()),
            Shape::Fixed(size) => Self::Fixed(FixedColumn::new(*size)),
            Shape::FixedOfNoBytes => Self::EmptyFixed(EmptyFixedColumn::default()),
            Shape::Enum { symbols, numbers } => {
                Self::Enum(EnumColumn::new(symbols.clone(), numbers.clone()))
            }
            Shape::Decimal128 { stored, precision } => {
                Self::Decimal128(DecimalColumn::new(*stored, *precision, data_type()))
            }
            Shape::Decimal256 { stored, precision } => {
                Self::Decimal256(DecimalColumn::new(*stored, *precision, data_type()))
            }
            Shape::DecimalText {
                stored,
                precision,
                scale,
            } => {
                let (stored, precision, scale) = (*stored, *precision, *scale);
                Self::DecimalText(ViewColumn::new(DecimalText {
                    stored,
                    precision,
                    scale,
                }))
            }
            Shape::SymbolText(symbols) => match &plan.data_type {
                DataType::BinaryView => {
                    Self::SymbolBytes(ViewColumn::new(SymbolText::new(symbols.clone())))
                }
                _ => Self::SymbolText(ViewColumn::new(SymbolText::new(symbols.clone()))),
            },
            Shape::BigDecimal => Self::BigDecimal(ViewColumn::default()),
            Shape::Duration => Self::Duration(DurationColumn::default()),
            Shape::UuidFixed => Self::Uuid(UuidColumn::default()),
            Shape::List { item, field } => {
                Self::List(Box::new(ListColumn::new(item, field.clone())))
            }
            Shape::Map { value, field } => {
                Self::Map(Box::new(MapColumn::new(value, field.clone())))
            }
            Shape::Union(union) => Self::Union(Box::new(UnionColumn::new(union, &plan.data_type))),
            Shape::Select(select) => Self::Select(Box::new(SelectColumn::new(select))),
            Shape::Constant { value, bytes } => {
                Self::Constant(Box::new(ConstantColumn::new(value, bytes.clone())))
            }
            Shape::Json { resolved, value } => {
                let value = Json::new(resolved.clone(), *value);
                Self::Json(Box::new(ViewColumn::new(value)))
            }
            Shape::Record(record) => Self::Record(Box::new(RecordColumn::new(record))),
        }
    }
}

/// Calls a method of [`Build`] on whatever column this is.
macro_rules! each {
    ($column:expr, $inner:ident => $call:expr) => {
        match $column {
            Column::Null($inner) => $call,
            Column::Boolean($inner) => $call,
            Column::Int($inner) => $call,
            Column::Long($inner) => $call,
            Column::Float($inner) => $call,
            Column::Double($inner) => $call,
            Column::TimeMillis($inner) => $call,
            Column::TimeMicros($inner) => $call,
            Column::IntToLong($inner) => $call,
            Column::IntToFloat($inner) => $call,
            Column::IntToDouble($inner) => $call,
            Column::LongToFloat($inner) => $call,
            Column::LongToDouble($inner) => $call,
            Column::FloatToDouble($inner) => $call,
            Column::Rescaled($inner) => $call,
            Column::Text($inner) => $call,
            Column::Bytes($inner) => $call,
            Column::Fixed($inner) => $call,
            Column::EmptyFixed($inner) => $call,
            Column::Enum($inner) => $call,
            Column::Decimal128($inner) => $call,
            Column::Decimal256($inner) => $call,
            Column::DecimalText($inner) => $call,
            Column::SymbolText($inner) => $call,
            Column::SymbolBytes($inner) => $call,
            Column::BigDecimal($inner) => $call,
            Column::Duration($inner) => $call,
            Column::Union($inner) => $call,
            Column::Select($inner) => $call,
            Column::Constant($inner) => $call,
            Column::Json($inner) => $call,
            Column::Uuid($inner) => $call,
            Column::List($inner) => $call,
            Column::Map($inner) => $call,
            Column::Record($inner) => $call,
            Column::NullableBoolean($inner) => $call,
            Column::NullableInt($inner) => $call,
            Column::NullableLong($inner) => $call,
            Column::NullableFloat($inner) => $call,
            Column::NullableDouble($inner) => $call,
            Column::NullableText($inner) => $call,
            Column::NullableRecord($inner) => $call,
            Column::Nullable($inner) => $call,
        }
    };
}

impl Column {
    #[inline(never)]
    fn read_apart(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        each!(self, column => column.read(input))
    }
}

impl Build for Column {
    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        // The common types are read right here, with the input in registers.
        match self {
            Self::Boolean(column) => column.read(input),
            Self::Int(column) => column.read(input),
            Self::Long(column) => column.read(input),
            Self::Float(column) => column.read(input),
            Self::Double(column) => column.read(input),
            Self::Text(column) => column.read(input),
            Self::Enum(column) => column.read(input),
            Self::NullableBoolean(column) => column.read(input),
            Self::NullableInt(column) => column.read(input),
            Self::NullableLong(column) => column.read(input),
            Self::NullableFloat(column) => column.read(input),
            Self::NullableDouble(column) => column.read(input),
            Self::NullableText(column) => column.read(input),
            Self::NullableRecord(column) => input.with(|input| column.read(input)),
            Self::List(column) => input.with(|input| column.read(input)),
            Self::Map(column) => input.with(|input| column.read(input)),
            Self::Record(column) => input.with(|input| column.read(input)),
            column => input.with(|input| column.read_apart(input)),
        }
    }

    fn read_several(&mut self, count: usize, input: &mut Input<'_, '_>) -> Result<()> {
        each!(self, column => column.read_several(count, input))
    }

    #[inline]
    fn push_null(&mut self) {
        each!(self, column => column.push_null())
    }

    fn reserve(&mut self, additional: usize) {
        each!(self, column => column.reserve(additional))
    }

    fn truncate(&mut self, length: usize) {
        each!(self, column => column.truncate(length))
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        each!(self, column => column.finish(nulls))
    }
}
