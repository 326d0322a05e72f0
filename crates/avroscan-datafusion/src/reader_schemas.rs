//! The Avro schemas behind the columns of tables.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use avroscan::AvroSchema;
#[cfg(feature = "proto")]
use datafusion::common::{Result, plan_err};

/// Which Avro schema the columns of a table were taken from: its files are read as that, with its
/// defaults and aliases.
///
/// DataFusion carries Arrow schemas alone from the inference of a table's columns to its scans, and
/// equal columns may come from different Avro schemas. So columns are known by their address, which
/// DataFusion keeps. Where another made a copy of them, a catalog for example, they are known as long as
/// they are the same columns, whatever metadata was added, and only one Avro schema gives them. Other
/// columns are not known, such as those that a table declares. Clones share what is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReaderSchemas(Arc<Mutex<Vec<Known>>>);

/// Columns, and the schema that they were taken from.
type Known = (SchemaRef, Arc<AvroSchema>);

impl ReaderSchemas {
    /// Remembers that these columns are those of this schema, and returns them: the same address
    /// for the same columns of the same schema.
    pub(crate) fn remember(&self, columns: SchemaRef, schema: Arc<AvroSchema>) -> SchemaRef {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(other, of): &&Known| *other == columns && of.json() == schema.json();
        if let Some((columns, _)) = known.iter().find(same) {
            return Arc::clone(columns);
        }
        known.push((Arc::clone(&columns), schema));
        columns
    }

    /// The schema that these columns were taken from, if that is known.
    pub(crate) fn find(&self, columns: &SchemaRef) -> Option<Arc<AvroSchema>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(other, _)| Arc::ptr_eq(other, columns));
        match (found, &like(&known, columns)[..]) {
            (Some((_, schema)), _) => Some(Arc::clone(schema)),
            (None, [schema]) => Some(Arc::clone(schema)),
            _ => None,
        }
    }

    /// The schema that columns like these were taken from, if any were: for those who do not have
    /// the columns' address.
    ///
    /// # Errors
    /// When columns like these were taken from several schemas.
    #[cfg(feature = "proto")]
    pub(crate) fn find_equal(&self, columns: &Schema) -> Result<Option<Arc<AvroSchema>>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &like(&known, columns)[..] {
            [] => Ok(None),
            [schema] => Ok(Some(Arc::clone(schema))),
            _ => plan_err!(
                "Several Avro schemas give the table's columns: set avro.reader_schema to one of them"
            ),
        }
    }
}

/// The schemas that columns like these were taken from.
fn like<'a>(known: &'a [Known], columns: &Schema) -> Vec<&'a Arc<AvroSchema>> {
    let is_like = |(one, other): (&FieldRef, &FieldRef)| {
        let same = one.name() == other.name() && one.is_nullable() == other.is_nullable();
        same && one.data_type() == other.data_type()
    };
    let are_like = |other: &Schema| {
        let (one, other) = (columns.fields(), other.fields());
        one.len() == other.len() && one.iter().zip(other).all(is_like)
    };
    let like = known.iter().filter(|(other, _)| are_like(other));
    like.map(|(_, schema)| schema).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn columns() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("a", DataType::Int32, true)]))
    }

    fn schema(json: &str) -> Arc<AvroSchema> {
        Arc::new(json.parse().unwrap())
    }

    #[test]
    fn equal_columns_of_two_schemas_are_told_apart() {
        let known = ReaderSchemas::default();
        let int = known.remember(columns(), schema(r#""int""#));
        let long = known.clone().remember(columns(), schema(r#""long""#));
        assert_eq!(known.find(&int).unwrap().json(), r#""int""#);
        assert_eq!(known.find(&long).unwrap().json(), r#""long""#);
        assert!(known.find(&columns()).is_none(), "int or long");
        #[cfg(feature = "proto")]
        assert!(known.find_equal(&columns()).is_err(), "int or long");

        let again = known.remember(columns(), schema(r#""int""#));
        assert!(Arc::ptr_eq(&again, &int));
    }

    #[test]
    fn copies_of_columns_are_known() {
        let known = ReaderSchemas::default();
        known.remember(columns(), schema(r#""int""#));
        let metadata = || HashMap::from([("a".to_owned(), "b".to_owned())]);
        let schema = columns();
        let fields = schema.fields().iter().map(|field| {
            let field = field.as_ref().clone();
            field.with_metadata(metadata())
        });
        let fields: Vec<Field> = fields.collect();
        for copy in [
            columns(),
            Arc::new(Schema::new_with_metadata(fields, metadata())),
        ] {
            assert_eq!(known.find(&copy).unwrap().json(), r#""int""#);
        }
        let other = Schema::new(vec![Field::new("a", DataType::Int32, false)]);
        assert!(known.find(&Arc::new(other)).is_none(), "declared");
    }
}
