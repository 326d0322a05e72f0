//! Readers against each other on one file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::answer::Answer;
use crate::{Result, failure, process};

/// A reader that is ready to read one file.
pub(crate) struct Candidate<'a> {
    pub(crate) name: String,
    slow: bool,
    read: Box<dyn FnMut() -> Result<Answer> + 'a>,
}

/// What a reader needs for one read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    /// Median.
    pub(crate) milliseconds: f64,
    /// The fastest run.
    pub(crate) fastest: f64,
    /// What all threads spent on a core, median: less than what the clock says where others want
    /// the cores too, more where several threads read.
    pub(crate) cpu: f64,
    /// Pages that the kernel had to give or map, median.
    pub(crate) page_faults: f64,
}

/// What became of a reader: its figure, or why there is none.
pub(crate) type Outcome = Result<Figure, String>;

impl<'a> Candidate<'a> {
    pub(crate) fn new(name: impl Into<String>, read: impl FnMut() -> Result<Answer> + 'a) -> Self {
        Self {
            name: name.into(),
            slow: false,
            read: Box::new(read),
        }
    }

    /// The same reader, run a few times only.
    pub(crate) fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// One read, which must have this answer. There are readers that panic.
    pub(crate) fn run(&mut self, expected: Answer) -> Result<Run> {
        let faults = process::minor_faults();
        let cpu = process::cpu_milliseconds();
        let start = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(&mut self.read)).map_err(message)??;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        let cpu = process::cpu_milliseconds() - cpu;
        let page_faults = (process::minor_faults() - faults) as f64;
        if answer != expected {
            return Err(failure(format!("{answer:?} where {expected:?} is right")));
        }
        Ok(Run {
            milliseconds,
            cpu,
            page_faults,
        })
    }
}

fn message(panic: Box<dyn std::any::Any + Send>) -> Box<dyn std::error::Error> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    failure(format!("a panic: {}", text.unwrap_or("of no message")))
}

/// What one read took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) milliseconds: f64,
    cpu: f64,
    page_faults: f64,
}

/// Runs every reader once to warm up, then all of them in turn, so that what else the machine does
/// hits all alike. Every second round goes backwards: nobody always comes after the same reader.
pub(crate) fn race(
    runs: usize,
    expected: Answer,
    candidates: &mut [Candidate<'_>],
) -> Vec<Outcome> {
    let mut results: Vec<Result<Vec<Run>, String>> = candidates
        .iter_mut()
        .map(|candidate| match candidate.run(expected) {
            Ok(_) => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        })
        .collect();
    for round in 0..runs {
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let (candidate, result) = (&mut candidates[index], &mut results[index]);
            if candidate.slow && round >= runs.div_ceil(4) {
                continue;
            }
            if let Ok(done) = result {
                match candidate.run(expected) {
                    Ok(run) => done.push(run),
                    Err(error) => *result = Err(error.to_string()),
                }
            }
        }
    }
    results.into_iter().map(|runs| Ok(figure(&runs?))).collect()
}

fn figure(runs: &[Run]) -> Figure {
    let sorted = |value: fn(&Run) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let milliseconds = sorted(|run| run.milliseconds);
    let middle = runs.len() / 2;
    Figure {
        milliseconds: milliseconds[middle],
        fastest: milliseconds[0],
        cpu: sorted(|run| run.cpu)[middle],
        page_faults: sorted(|run| run.page_faults)[middle],
    }
}
