//! What `SET avro.* = ..` says for a session.

use std::any::Any;
use std::collections::BTreeMap;

use datafusion::catalog::Session;
use datafusion::common::config::{ConfigEntry, ConfigExtension, ExtensionOptions};
use datafusion::common::{Result, config_err};

use crate::AvroOptions;
use crate::option_keys::KEYS;

/// What makes the columns of a table, and so is settled when the table is made.
const OF_COLUMNS: [&str; 2] = ["schema_mode", "unroll"];

/// What was set for a session: values by the keys of [`AvroOptions`], without the prefix.
#[derive(Debug, Clone, Default)]
pub(crate) struct AvroSettings {
    values: BTreeMap<String, String>,
}

impl ConfigExtension for AvroSettings {
    const PREFIX: &'static str = "avro";
}

impl ExtensionOptions for AvroSettings {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if key == "reader_schema" {
            return config_err!(
                "avro.{key} is of one table: give it in the OPTIONS of CREATE EXTERNAL TABLE"
            );
        }
        AvroOptions::default().set(key, value)?;
        self.values.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// What was not set is null: the table or the defaults say it.
    fn entries(&self) -> Vec<ConfigEntry> {
        let keys = KEYS.iter().filter(|(key, _)| *key != "reader_schema");
        keys.map(|(key, description)| ConfigEntry {
            key: format!("{}.{key}", Self::PREFIX),
            value: self.values.get(*key).cloned(),
            description,
        })
        .collect()
    }
}

impl AvroOptions {
    /// The options of a table that is made now in this session: what was set that makes columns
    /// stays as it is.
    ///
    /// # Errors
    /// When options contradict each other.
    pub(crate) fn of_new_table(mut self, session: &dyn Session) -> Result<Self> {
        // With a schema of its own there is nothing to merge.
        let is_free = |options: &Self, key: &str| {
            OF_COLUMNS.contains(&key)
                && !(key == "schema_mode" && options.scan.reader_schema.is_some())
        };
        self.take_settings(session, is_free)?;
        self.check()?;
        Ok(self)
    }

    /// The options of a query of a table, which is run now in this session.
    ///
    /// # Errors
    /// None: what was set has been looked at.
    pub(crate) fn of_query(mut self, session: &dyn Session) -> Result<Self> {
        self.take_settings(session, |_, key| !OF_COLUMNS.contains(&key))?;
        Ok(self)
    }

    fn take_settings(
        &mut self,
        session: &dyn Session,
        wanted: impl Fn(&Self, &str) -> bool,
    ) -> Result<()> {
        let extensions = &session.config_options().extensions;
        let Some(settings) = extensions.get::<AvroSettings>() else {
            return Ok(());
        };
        for (key, value) in &settings.values {
            if !self.chosen.contains(key.as_str()) && wanted(self, key) {
                self.set(key, value)?;
            }
        }
        Ok(())
    }
}
