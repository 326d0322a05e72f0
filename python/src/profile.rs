//! Batches as the one who takes them wants them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use arrow::error::ArrowError;
use avroscan::polars_profile::{ENUM_VALUES, enum_values, portable};

/// Which Arrow types a column may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Only types that Polars has, with the symbols of enums in the metadata of their fields.
    pub(crate) polars: bool,
    /// A map is a list of structs of `key` and `value`.
    pub(crate) maps_as_lists: bool,
}

impl Profile {
    /// The column and its field, which is `like` another but for its type.
    pub(crate) fn apply(
        self,
        like: &Field,
        array: &ArrayRef,
    ) -> Result<(FieldRef, ArrayRef), ArrowError> {
        let array = if self.polars {
            portable(array)?
        } else {
            array.clone()
        };
        let array = if self.maps_as_lists {
            without_maps(&array)?
        } else {
            array
        };
        let array = if self.polars {
            with_symbols(&array)?
        } else {
            array
        };
        let field = like.clone().with_data_type(array.data_type().clone());
        let field = if self.polars {
            with_metadata(field, &array)
        } else {
            field
        };
        Ok((Arc::new(field), array))
    }
}

/// Puts the symbols of a dictionary into the metadata of its field. An enum that has the same symbol
/// twice is none for Polars.
fn with_metadata(field: Field, array: &ArrayRef) -> Field {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return field;
    };
    let Some(symbols) = dictionary.values().as_string_opt::<i32>() else {
        return field;
    };
    let mut seen = HashSet::new();
    match symbols.iter().flatten().all(|symbol| seen.insert(symbol)) {
        true => {
            let encoded = enum_values(symbols.iter().flatten());
            field.with_metadata(HashMap::from([(ENUM_VALUES.to_owned(), encoded)]))
        }
        false => field,
    }
}

/// The array with the symbols of all enums inside of it in its fields.
fn with_symbols(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    map_children(array, &has_dictionary, &|field, child| {
        let child = with_symbols(child)?;
        let field = Field::clone(field).with_data_type(child.data_type().clone());
        Ok((Arc::new(with_metadata(field, &child)), child))
    })
}

/// The array with a list in the place of each map.
fn without_maps(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let array = map_children(array, &has_map, &|field, child| {
        let child = without_maps(child)?;
        let field = Field::clone(field).with_data_type(child.data_type().clone());
        Ok((Arc::new(field), child))
    })?;
    let Some(map) = array.as_map_opt() else {
        return Ok(array);
    };
    let entries: ArrayRef = Arc::new(map.entries().clone());
    let item = Arc::new(Field::new("item", entries.data_type().clone(), true));
    let list = ListArray::try_new(item, map.offsets().clone(), entries, map.nulls().cloned())?;
    Ok(Arc::new(list))
}

/// What becomes of a field and its array.
type MapChild<'a> = &'a dyn Fn(&FieldRef, &ArrayRef) -> Result<(FieldRef, ArrayRef), ArrowError>;

/// The array with other children, if its type has what is looked for.
fn map_children(
    array: &ArrayRef,
    concerns: &dyn Fn(&DataType) -> bool,
    child: MapChild<'_>,
) -> Result<ArrayRef, ArrowError> {
    if !concerns(array.data_type()) {
        return Ok(array.clone());
    }
    let nulls = array.nulls().cloned();
    Ok(match array.data_type() {
        DataType::Struct(fields) => {
            let children = array.as_struct().columns();
            let made = fields
                .iter()
                .zip(children)
                .map(|(field, array)| child(field, array));
            let (fields, columns): (Vec<_>, Vec<_>) =
                made.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
            let fields = Fields::from(fields);
            Arc::new(StructArray::try_new_with_length(
                fields,
                columns,
                nulls,
                array.len(),
            )?)
        }
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let (field, items) = child(field, list.values())?;
            Arc::new(ListArray::try_new(
                field,
                list.offsets().clone(),
                items,
                nulls,
            )?)
        }
        DataType::Map(field, sorted) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let (field, entries) = child(field, &entries)?;
            let entries = entries.as_struct().clone();
            let offsets = map.offsets().clone();
            Arc::new(MapArray::try_new(field, offsets, entries, nulls, *sorted)?)
        }
        _ => array.clone(),
    })
}

fn has_dictionary(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(..)) || any_child(data_type, &has_dictionary)
}

fn has_map(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Map(..)) || any_child(data_type, &has_map)
}

fn any_child(data_type: &DataType, concerns: &dyn Fn(&DataType) -> bool) -> bool {
    match data_type {
        DataType::Struct(fields) => fields.iter().any(|field| concerns(field.data_type())),
        DataType::List(field) | DataType::Map(field, _) => concerns(field.data_type()),
        _ => false,
    }
}
