//! Whether the columns of a file fit those of a table that declares its own.
//!
//! DataFusion casts the one to the other, value by value. A value that does not fit is an error
//! there, but some casts cut values off without a word: they are refused here, before a row is read.

use arrow::datatypes::{DataType, FieldRef, Fields, TimeUnit};
use avroscan::{Error, ErrorKind, Result};

/// Checks what the query reads, given as paths into the table's columns.
///
/// # Errors
/// [`SchemaMismatch`](ErrorKind::SchemaMismatch), with the field, where a column is missing that
/// cannot be null, and where a cast would cut values off.
pub(crate) fn check(paths: &[Vec<String>], table: &Fields, file: &Fields) -> Result<()> {
    paths
        .iter()
        .try_for_each(|path| check_path(path, table, file))
}

fn check_path(path: &[String], table: &Fields, file: &Fields) -> Result<()> {
    let Some((name, rest)) = path.split_first() else {
        return Ok(());
    };
    // What is no column of the table's files is filled in before: partition columns.
    let Some(wanted) = find(table, name) else {
        return Ok(());
    };
    let Some(found) = find(file, name) else {
        return check_missing(wanted);
    };
    let checked = match (rest, found.data_type(), wanted.data_type()) {
        ([_, ..], DataType::Struct(found), DataType::Struct(wanted)) => {
            check_path(rest, wanted, found)
        }
        (_, found, wanted) => check_cast(found, wanted),
    };
    checked.map_err(|error| error.in_field(name))
}

fn check_cast(from: &DataType, to: &DataType) -> Result<()> {
    match (from, to) {
        (DataType::Struct(from), DataType::Struct(to)) => {
            to.iter()
                .try_for_each(|wanted| match find(from, wanted.name()) {
                    Some(found) => check_cast(found.data_type(), wanted.data_type())
                        .map_err(|error| error.in_field(wanted.name())),
                    None => check_missing(wanted),
                })
        }
        (
            DataType::List(from) | DataType::LargeList(from),
            DataType::List(to) | DataType::LargeList(to),
        ) => check_cast(from.data_type(), to.data_type()).map_err(Error::in_items),
        (DataType::Map(from, _), DataType::Map(to, _)) => {
            match (from.data_type(), to.data_type()) {
                // Keys are text on both sides.
                (DataType::Struct(from), DataType::Struct(to)) => match (&**from, &**to) {
                    ([_, from], [_, to]) => {
                        check_cast(from.data_type(), to.data_type()).map_err(Error::in_items)
                    }
                    _ => Ok(()),
                },
                _ => Ok(()),
            }
        }
        (from, to) if cuts_off(from, to) => Err(Error::new(
            ErrorKind::SchemaMismatch,
            format!(
                "the column is {from}, and as the {to} that the table declares its values would \
                 be cut off; declare {from} in the table and cast in the query"
            ),
        )),
        _ => Ok(()),
    }
}

fn check_missing(wanted: &FieldRef) -> Result<()> {
    if wanted.is_nullable() {
        return Ok(());
    }
    let error = Error::new(
        ErrorKind::SchemaMismatch,
        "the file has no such column, and the table does not allow null for it; declare it \
         nullable, or give it a default with avro.reader_schema",
    );
    Err(error.in_field(wanted.name()))
}

/// Whether a cast drops digits of a decimal, or a part of a point in time. Floats are left out:
/// that they round is known.
fn cuts_off(from: &DataType, to: &DataType) -> bool {
    if let (Some(from), Some(to)) = (digits_after_point(from), digits_after_point(to)) {
        return to < from;
    }
    match (time_unit(from), time_unit(to)) {
        (Some(from_unit), Some(to_unit)) => {
            // A timestamp as a time of day.
            let drops_days = is_timestamp(from) && !is_timestamp(to);
            drops_days || to_unit < from_unit
        }
        _ => is_timestamp(from) && matches!(to, DataType::Date32 | DataType::Date64),
    }
}

/// Of exact numbers: integers are decimals too.
fn digits_after_point(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        integer if integer.is_integer() => Some(0),
        _ => None,
    }
}

/// Of timestamps and times of day.
fn time_unit(data_type: &DataType) -> Option<TimeUnit> {
    match data_type {
        DataType::Timestamp(unit, _) | DataType::Time32(unit) | DataType::Time64(unit) => {
            Some(*unit)
        }
        _ => None,
    }
}

fn is_timestamp(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..))
}

fn find<'a>(fields: &'a Fields, name: &str) -> Option<&'a FieldRef> {
    fields.iter().find(|field| field.name() == name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Field;

    use super::*;

    const UTC: &str = "UTC";

    fn timestamp(unit: TimeUnit) -> DataType {
        DataType::Timestamp(unit, Some(UTC.into()))
    }

    #[test]
    fn what_cuts_values_off() {
        use DataType::*;
        use TimeUnit::*;

        for (from, to) in [
            (timestamp(Microsecond), timestamp(Millisecond)),
            (timestamp(Nanosecond), Timestamp(Second, None)),
            (timestamp(Second), Date32),
            (timestamp(Millisecond), Date64),
            (timestamp(Millisecond), Time64(Nanosecond)),
            (Time64(Microsecond), Time32(Millisecond)),
            (Decimal128(10, 2), Decimal128(38, 1)),
            (Decimal256(50, 3), Decimal128(38, 2)),
            (Decimal128(10, 2), Int64),
        ] {
            assert!(cuts_off(&from, &to), "{from} to {to}");
        }
        for (from, to) in [
            (timestamp(Millisecond), timestamp(Millisecond)),
            (timestamp(Millisecond), Timestamp(Nanosecond, None)),
            (Date32, timestamp(Millisecond)),
            (Time32(Millisecond), Time64(Microsecond)),
            (Decimal128(10, 2), Decimal128(4, 2)),
            (Decimal128(10, 2), Decimal256(50, 3)),
            (Decimal128(10, 0), Int32),
            (Decimal128(10, 2), Float64),
            (Decimal128(10, 2), Utf8View),
            (Int64, Int32),
            (Int64, Decimal128(20, 2)),
            (Int64, timestamp(Second)),
            (Float64, Int64),
        ] {
            assert!(!cuts_off(&from, &to), "{from} to {to}");
        }
    }

    fn nested(leaf: DataType, nullable: bool) -> Fields {
        let leaf = Field::new("leaf", leaf, nullable);
        let other = Field::new("other", DataType::Int32, true);
        let item = DataType::Struct(vec![leaf, other].into());
        let list = DataType::List(Arc::new(Field::new("item", item, true)));
        let entries = vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("value", list, true),
        ];
        let entries = Field::new("entries", DataType::Struct(entries.into()), false);
        let map = Field::new("map", DataType::Map(Arc::new(entries), false), true);
        let columns = DataType::Struct(vec![map].into());
        vec![Field::new("s", columns, true)].into()
    }

    fn error(path: &str, table: &Fields, file: &Fields) -> Option<String> {
        let path = path.split('.').map(str::to_owned).collect();
        let error = check(&[path], table, file).err()?;
        Some(error.place().field.clone().unwrap_or_default())
    }

    #[test]
    fn it_looks_into_columns() {
        let fine = nested(timestamp(TimeUnit::Microsecond), true);
        let coarse = nested(timestamp(TimeUnit::Millisecond), true);
        for path in ["s", "s.map"] {
            assert_eq!(error(path, &coarse, &fine).unwrap(), "s.map[][].leaf");
            assert_eq!(error(path, &fine, &coarse), None);
        }
        // Nobody reads it.
        assert_eq!(error("year", &coarse, &fine), None);

        let without: Fields = vec![Field::new("s", DataType::Struct(Fields::empty()), true)].into();
        let strict: Fields = vec![Field::new("n", DataType::Int32, false)].into();
        assert_eq!(error("s", &fine, &without), None, "a nullable field");
        assert_eq!(error("n", &strict, &without).unwrap(), "n");
    }

    #[test]
    fn a_missing_field_of_a_record_must_be_nullable_too() {
        let record = |fields: Vec<Field>| -> Fields {
            vec![Field::new("s", DataType::Struct(fields.into()), true)].into()
        };
        let a = || Field::new("a", DataType::Int32, true);
        let table = record(vec![a(), Field::new("b", DataType::Int32, false)]);
        let file = record(vec![a()]);
        assert_eq!(error("s", &table, &file).unwrap(), "s.b");
        assert_eq!(error("s.b", &table, &file).unwrap(), "s.b");
        assert_eq!(error("s.a", &table, &file), None);
    }
}
