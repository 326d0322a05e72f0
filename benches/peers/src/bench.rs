//! What every case works with.

use std::fs::File;
use std::io::Write;

use avroscan_tests::write::Codec;
use serde_json::json;

use crate::answer::Answer;
use crate::args::Args;
use crate::data_set::DataSet;
use crate::files::{AvroFile, Files};
use crate::measure::{Candidate, Outcome, race};
use crate::table::{Measure, Table};
use crate::{Result, failure};

/// The arguments, the files, and where the figures go.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) args: Args,
    pub(crate) files: Files,
    json: Option<File>,
    wrong: Vec<String>,
}

impl Bench {
    pub(crate) fn new(args: Args) -> Result<Self> {
        Ok(Self {
            files: Files::new(args.data.clone(), args.scale)?,
            json: args.json.as_ref().map(File::create).transpose()?,
            wrong: Vec::new(),
            args,
        })
    }

    /// The file, unless the arguments leave it out.
    pub(crate) fn file(&mut self, set: &DataSet, codec: Codec) -> Result<Option<AvroFile>> {
        if !self.wants(&format!("{} {}", set.name, codec.name())) {
            return Ok(None);
        }
        let file = self.files.get(set, codec)?;
        self.record_file(&file)?;
        Ok(Some(file))
    }

    /// A file of about a gigabyte, unless the arguments leave it out.
    pub(crate) fn large_file(&mut self, set: &DataSet, codec: Codec) -> Result<Option<AvroFile>> {
        self.file_of(set, codec, 1_000_000_000)
    }

    /// A file of about so many bytes, unless the arguments leave it out.
    pub(crate) fn file_of(
        &mut self,
        set: &DataSet,
        codec: Codec,
        bytes: u64,
    ) -> Result<Option<AvroFile>> {
        if !self.wants(&format!("{} {}", set.name, codec.name())) {
            return Ok(None);
        }
        let file = self.files.repeated(set, codec, bytes)?;
        self.record_file(&file)?;
        Ok(Some(file))
    }

    /// For who reads the same files with something else.
    fn record_file(&mut self, file: &AvroFile) -> Result<()> {
        self.record(&json!({
            "file": file.name,
            "path": file.path_text(),
            "number": file.probe.number,
            "text": file.probe.text,
            "answer": file.answer.to_json(),
        }))
    }

    /// Something of this project is wrong, and the program fails when all is done.
    #[cfg(feature = "engines")]
    pub(crate) fn is_wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Whether the arguments leave the file of this name in.
    pub(crate) fn wants(&self, name: &str) -> bool {
        name.contains(&self.args.only)
    }

    /// Measures these readers on one file, into a line of the table.
    pub(crate) fn race(
        &mut self,
        table: &mut Table,
        case: &str,
        file: &str,
        expected: Answer,
        mut candidates: Vec<Candidate<'_>>,
    ) -> Result<()> {
        eprintln!("{case}: {file}");
        candidates.retain(|candidate| candidate.name.contains(&self.args.reader));
        let outcomes = race(self.args.runs, expected, &mut candidates);
        let names = candidates.into_iter().map(|candidate| candidate.name);
        let cells: Vec<(String, Outcome)> = names.zip(outcomes).collect();
        for (reader, outcome) in &cells {
            match outcome {
                Ok(figure) => self.record(&json!({
                    "case": case,
                    "file": file,
                    "answer": expected.to_json(),
                    "reader": reader,
                    "ms": figure.milliseconds,
                    "fastest_ms": figure.fastest,
                    "cpu_ms": figure.cpu,
                    "page_faults": figure.page_faults,
                }))?,
                // A peer that cannot read a file is a figure of its own.
                Err(error) if reader.starts_with("avroscan") => {
                    self.wrong
                        .push(format!("{case}, {file}, {reader}: {error}"));
                }
                Err(_) => {}
            }
        }
        table.add(file, cells);
        Ok(())
    }

    /// Prints the table.
    pub(crate) fn finish(&self, table: &Table) {
        let wanted = [
            (Measure::Median, true),
            (Measure::Fastest, self.args.more),
            (Measure::Cpu, self.args.more),
            (Measure::PageFaults, self.args.more),
        ];
        for (measure, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
            println!("{}", table.to_markdown(measure));
        }
    }

    /// A line of the JSON file, if there is one.
    pub(crate) fn record(&mut self, figures: &serde_json::Value) -> Result<()> {
        match &mut self.json {
            Some(file) => Ok(writeln!(file, "{figures}")?),
            None => Ok(()),
        }
    }

    /// # Errors
    /// If avroscan failed or was wrong anywhere.
    pub(crate) fn verdict(&self) -> Result<()> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(failure(self.wrong.join("\n")))
    }
}
