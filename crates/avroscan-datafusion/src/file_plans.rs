//! What the ranges of a file have in common while a scan runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use avroscan::{AvroFile, IdleWorkers};
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use object_store::path::Path;

use crate::file_plan::FilePlan;

/// The plans of the files that one execution of a scan reads, and the workers that read them.
///
/// A file that is cut into ranges is planned once, and a range goes on with the decompressor and
/// the columns of one before it. A file that is read in one go has its plan for itself.
#[derive(Debug, Default)]
pub(crate) struct FilePlans {
    plans: Mutex<HashMap<Path, Planned>>,
    pub(crate) workers: IdleWorkers,
}

/// A file as it was opened, and its plan.
type Planned = (Arc<AvroFile>, Arc<FilePlan>);

impl FilePlans {
    /// The plan of a file, which is opened as `avro`, made now by `plan` unless it was made before.
    ///
    /// # Errors
    /// Those of `plan`.
    pub(crate) fn plan(
        &self,
        file: &PartitionedFile,
        avro: &Arc<AvroFile>,
        plan: impl FnOnce() -> Result<FilePlan>,
    ) -> Result<Arc<FilePlan>> {
        if file.range.is_none() {
            return plan().map(Arc::new);
        }
        let path = &file.object_meta.location;
        // Kept while the plan is made: whoever comes meanwhile wants the same one.
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        match plans.get(path) {
            Some((known, plan)) if Arc::ptr_eq(known, avro) => Ok(Arc::clone(plan)),
            _ => {
                let plan = plan().map(Arc::new)?;
                let made = (Arc::clone(avro), Arc::clone(&plan));
                plans.insert(path.clone(), made);
                Ok(plan)
            }
        }
    }
}
