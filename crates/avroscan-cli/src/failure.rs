//! Why a command ends early: one sentence and an exit code.

use std::error::Error as StdError;
use std::io;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use polars::error::PolarsError;

/// The end of a command that did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever reads the output has seen enough. Not an error: nothing is said, exit code 0.
    ClosedPipe,
    /// Reading, or writing the result, failed. Exit code 1.
    Failed(String),
    /// The command was asked for something that cannot be. Exit code 2, as for unknown flags.
    Usage(String),
}

impl Failure {
    /// Writing the output failed.
    pub(crate) fn writing(error: &io::Error, what: &str) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Failed(format!("cannot write {what}: {error}")),
        }
    }
}

/// Writing to standard output failed: the one stream that commands write to with plain `?`.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::writing(&error, "to standard output")
    }
}

impl From<avroscan::Error> for Failure {
    fn from(error: avroscan::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&avroscan::Error> for Failure {
    fn from(error: &avroscan::Error) -> Self {
        match error.kind() {
            avroscan::ErrorKind::Usage => Self::Usage(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        match (core_error(&error), error) {
            (Some(failure), _) => failure,
            (None, ArrowError::IoError(_, error)) => error.into(),
            (None, error) => Self::Failed(error.to_string()),
        }
    }
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Self {
        if let Some(failure) = core_error(&error) {
            return failure;
        }
        // DataFusion lists what would be valid on lines of its own.
        let sentence = error
            .strip_backtrace()
            .lines()
            .collect::<Vec<_>>()
            .join(" ");
        match error.find_root() {
            DataFusionError::SQL(..)
            | DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::Configuration(_)
            | DataFusionError::NotImplemented(_) => Self::Usage(sentence),
            _ => Self::Failed(sentence),
        }
    }
}

impl From<PolarsError> for Failure {
    fn from(error: PolarsError) -> Self {
        if let Some(failure) = core_error(&error) {
            return failure;
        }
        match error {
            PolarsError::InvalidOperation(_)
            | PolarsError::ColumnNotFound(_)
            | PolarsError::SchemaFieldNotFound(_)
            | PolarsError::Duplicate(_) => Self::Usage(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// The core's error that an engine's error carries, at whatever depth: its sentence names the
/// place, and the wrapping adds nothing that a user could act on.
fn core_error(error: &(dyn StdError + 'static)) -> Option<Failure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(core) = error.downcast_ref::<avroscan::Error>() {
            return Some(core.into());
        }
        next = match error.downcast_ref::<io::Error>() {
            // Its source is not what it carries, but the source of that.
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn core(kind: avroscan::ErrorKind) -> avroscan::Error {
        avroscan::Error::new(kind, "the block is cut off")
            .in_file(&Arc::from("a.avro"))
            .at_offset(9)
    }

    #[test]
    fn the_core_sentence_is_found_inside_the_engines_errors() {
        let wrapped = DataFusionError::Context(
            "while joining".to_owned(),
            Box::new(DataFusionError::Shared(Arc::new(
                DataFusionError::ArrowError(
                    Box::new(core(avroscan::ErrorKind::Truncated).into()),
                    None,
                ),
            ))),
        );
        let Failure::Failed(sentence) = wrapped.into() else {
            panic!("a failed read")
        };
        assert_eq!(sentence, "a.avro: the block is cut off (offset 9)");

        let wrapped = PolarsError::from(io::Error::other(core(avroscan::ErrorKind::Io)));
        let Failure::Failed(sentence) = wrapped.into() else {
            panic!("a failed read")
        };
        assert_eq!(sentence, "a.avro: the block is cut off (offset 9)");

        let wrapped = DataFusionError::External(Box::new(core(avroscan::ErrorKind::Usage)));
        assert!(matches!(wrapped.into(), Failure::Usage(_)));
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(matches!(closed().into(), Failure::ClosedPipe));
        assert!(matches!(
            ArrowError::from(closed()).into(),
            Failure::ClosedPipe
        ));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(Failure::from(full), Failure::Failed(_)));
    }

    #[test]
    fn a_query_that_cannot_be_planned_is_wrong_usage() {
        let plan = DataFusionError::Plan("no such table".to_owned());
        assert!(matches!(Failure::from(plan), Failure::Usage(_)));
        let run = DataFusionError::Execution("division by zero".to_owned());
        assert!(matches!(Failure::from(run), Failure::Failed(_)));
    }
}
