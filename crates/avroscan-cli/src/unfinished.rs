//! A file that gets its name when it is complete.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use crate::failure::Failure;

/// A file beside its final place, under a name of its own: `.events.parquet.x7Rb2c.tmp`.
///
/// It is removed when dropped, and when the process is asked to stop (Ctrl-C, `kill`). A process
/// that is killed outright leaves it behind, under that name.
#[derive(Debug)]
pub(crate) struct Unfinished {
    file: TempPath,
    output: PathBuf,
}

impl Unfinished {
    /// Creates the file, empty. At most one is made in a process.
    pub(crate) fn create(output: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::writing(&error, &output.display().to_string());
        let directory = match output.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(".tmp");
        #[cfg(unix)]
        builder.permissions(usual_permissions());
        let file = builder
            .tempfile_in(directory)
            .map_err(failed)?
            .into_temp_path();
        let path = file.to_path_buf();
        ctrlc::set_handler(move || {
            // The process ends now, with or without a trace of the file.
            let _ = fs::remove_file(&path);
            std::process::exit(130);
        })
        .map_err(|error| Failure::Failed(format!("cannot wait for an interrupt: {error}")))?;
        Ok(Self {
            file,
            output: output.to_owned(),
        })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.file
    }

    /// Brings what was written to the disk and gives it its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { file, output } = self;
        File::open(&file)
            .and_then(|file| file.sync_all())
            .and_then(|()| file.persist(&output).map_err(|error| error.error))
            .map_err(|error| Failure::writing(&error, &output.display().to_string()))
    }
}

/// Those of any new file, which the process's mask narrows: the file stays, so the narrow ones of
/// temporary files would surprise.
#[cfg(unix)]
fn usual_permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}
