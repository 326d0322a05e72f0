//! The files that are read: made once into a directory, then taken from there.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use avroscan_tests::raw::MARKER;
use avroscan_tests::write::Codec;
use serde_json::Value;

use crate::answer::{Answer, Probe};
use crate::data_set::DataSet;
use crate::{Result, failure};

/// Where the files are.
#[derive(Debug)]
pub(crate) struct Files {
    directory: PathBuf,
    scale: f64,
}

/// A file, and what it holds.
#[derive(Debug, Clone)]
pub(crate) struct AvroFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) probe: Probe,
    pub(crate) answer: Answer,
}

impl AvroFile {
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        Ok(fs::read(&self.path)?)
    }

    pub(crate) fn size(&self) -> Result<u64> {
        Ok(fs::metadata(&self.path)?.len())
    }

    pub(crate) fn path_text(&self) -> &str {
        self.path.to_str().expect("the directory's name is UTF-8")
    }
}

impl Files {
    /// Files of `scale` times the usual rows, in this directory.
    pub(crate) fn new(directory: PathBuf, scale: f64) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        let directory = directory.canonicalize()?;
        Ok(Self { directory, scale })
    }

    /// The scale of what is in the files.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// The file of these rows in this codec.
    pub(crate) fn get(&self, set: &DataSet, codec: Codec) -> Result<AvroFile> {
        let rows = set.rows_at(self.scale);
        let path = self.path(&format!("{}-{rows}-{}.avro", set.name, codec.name()));
        if !path.exists() {
            eprintln!("making {}", path.display());
            let bytes = (set.write)(rows, set.rows_per_block, codec);
            write(&path, |file| Ok(file.write_all(&bytes)?))?;
        }
        Ok(AvroFile {
            name: format!("{} {}", set.name, codec.name()),
            path,
            probe: set.probe,
            answer: self.answer(set, rows)?,
        })
    }

    /// A file of at least so many bytes: the blocks of another one, again and again. The limit
    /// is scaled too.
    pub(crate) fn repeated(&self, set: &DataSet, codec: Codec, bytes: u64) -> Result<AvroFile> {
        let one = self.get(set, codec)?;
        let content = one.bytes()?;
        // No marker is in the header but its own.
        let header = content
            .windows(MARKER.len())
            .position(|window| window == MARKER)
            .ok_or_else(|| failure("a file without a marker"))?
            + MARKER.len();
        let (header, blocks) = content.split_at(header);
        let wanted = (bytes as f64 * self.scale) as u64;
        let times = wanted.div_ceil(blocks.len() as u64).max(1);
        let stem = one.path.file_stem().unwrap_or_default().to_string_lossy();
        let path = self.path(&format!("{stem}-x{times}.avro"));
        if !path.exists() {
            eprintln!("making {}", path.display());
            write(&path, |file| {
                file.write_all(header)?;
                (0..times).try_for_each(|_| Ok(file.write_all(blocks)?))
            })?;
        }
        Ok(AvroFile {
            name: format!("{} x {times}", one.name),
            path,
            answer: one.answer * times,
            ..one
        })
    }

    /// A place for a file that is written over and over.
    #[cfg(feature = "engines")]
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.path(name)
    }

    /// What the rows come to, which takes a while to work out: it is kept beside the files.
    fn answer(&self, set: &DataSet, rows: u64) -> Result<Answer> {
        let path = self.path(&format!("{}-{rows}.json", set.name));
        let known = fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        if let Some(answer) = known.as_ref().and_then(Answer::from_json) {
            return Ok(answer);
        }
        let answer = set.answer(rows);
        write(&path, |file| Ok(write!(file, "{}", answer.to_json())?))?;
        Ok(answer)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// Writes a file under its name only once it is complete.
fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    content(&mut file)?;
    file.flush()?;
    Ok(fs::rename(unfinished, path)?)
}
