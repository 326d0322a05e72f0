//! Figures as Markdown.

use std::fmt::Write;

use crate::measure::{Figure, Outcome};

/// The figures of a case: a line for each file, a column for each reader.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    /// The reader that the others are compared with.
    base: String,
    readers: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    file: String,
    cells: Vec<(String, Outcome)>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, base: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            base: base.into(),
            readers: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, file: impl Into<String>, cells: Vec<(String, Outcome)>) {
        for (reader, _) in &cells {
            if !self.readers.contains(reader) {
                self.readers.push(reader.clone());
            }
        }
        self.lines.push(Line {
            file: file.into(),
            cells,
        });
    }

    /// The table of one measure, each figure with how many times that of the base it is.
    pub(crate) fn to_markdown(&self, measure: Measure) -> String {
        let mut text = format!("\n### {}: {}\n\n", self.title, measure.name());
        let mut notes = Vec::new();
        text += &row(std::iter::once("file").chain(self.readers.iter().map(String::as_str)));
        text += &row(std::iter::once("---").chain(self.readers.iter().map(|_| "---:")));
        for line in &self.lines {
            let base = line.figure(&self.base).map(|figure| measure.of(figure));
            let cells = self.readers.iter().map(|reader| match line.cell(reader) {
                None => String::new(),
                Some(Ok(figure)) => match base {
                    Some(base) if measure != Measure::PageFaults && *reader != self.base => {
                        let figure = measure.of(figure);
                        format!("{} ({:.2} x)", decimal(figure), figure / base)
                    }
                    _ => decimal(measure.of(figure)),
                },
                Some(Err(error)) => {
                    notes.push(format!("{}, {reader}: {error}", line.file));
                    format!("[{}]", notes.len())
                }
            });
            let cells: Vec<String> = std::iter::once(line.file.clone()).chain(cells).collect();
            text += &row(cells.iter().map(String::as_str));
        }
        for (index, note) in notes.iter().enumerate() {
            let _ = write!(text, "\n[{}] {note}\n", index + 1);
        }
        text
    }
}

/// What a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Median,
    Fastest,
    Cpu,
    PageFaults,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Median => "median ms",
            Self::Fastest => "fastest run, ms",
            Self::Cpu => "CPU time of all threads, ms",
            Self::PageFaults => "minor page faults, thousands",
        }
    }

    fn of(self, figure: &Figure) -> f64 {
        match self {
            Self::Median => figure.milliseconds,
            Self::Fastest => figure.fastest,
            Self::Cpu => figure.cpu,
            Self::PageFaults => figure.page_faults / 1e3,
        }
    }
}

impl Line {
    fn cell(&self, reader: &str) -> Option<&Outcome> {
        let mut cells = self.cells.iter();
        cells
            .find(|(name, _)| name == reader)
            .map(|(_, outcome)| outcome)
    }

    fn figure(&self, reader: &str) -> Option<&Figure> {
        self.cell(reader)?.as_ref().ok()
    }
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<&str> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Three digits or so.
fn decimal(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        ..1.0 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
