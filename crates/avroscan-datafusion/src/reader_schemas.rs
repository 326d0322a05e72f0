//! The Avro schemas behind the columns of tables.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "proto")]
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use avroscan::AvroSchema;
#[cfg(feature = "proto")]
use datafusion::common::{Result, plan_err};

/// Which Avro schema the columns of a table were taken from: its files are read as that, with its
/// defaults and aliases.
///
/// DataFusion carries Arrow schemas alone from the inference of a table's columns to its scans, and
/// equal columns may come from different Avro schemas. So columns are known by their address, which
/// DataFusion keeps. Columns that come from elsewhere are not known: those that a table declares,
/// and those of a plan that has travelled. Clones share what is known.
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
        found.map(|(_, schema)| Arc::clone(schema))
    }

    /// The schema that columns like these were taken from, if any were: for those who do not have
    /// the columns' address.
    ///
    /// # Errors
    /// When columns like these were taken from several schemas.
    #[cfg(feature = "proto")]
    pub(crate) fn find_equal(&self, columns: &Schema) -> Result<Option<Arc<AvroSchema>>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = known.iter().filter(|(other, _)| **other == *columns);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => plan_err!(
                "Several Avro schemas give the table's columns: set avro.reader_schema to one of them"
            ),
            (first, _) => Ok(first.map(|(_, schema)| Arc::clone(schema))),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};

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
        assert!(known.find(&columns()).is_none(), "declared");
        #[cfg(feature = "proto")]
        assert!(known.find_equal(&columns()).is_err(), "int or long");

        let again = known.remember(columns(), schema(r#""int""#));
        assert!(Arc::ptr_eq(&again, &int));
    }
}
