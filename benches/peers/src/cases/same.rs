//! The suite's queries over both readers of DataFusion: the answers are the same, where DataFusion's
//! own has one.

use std::fs;
use std::path::Path;

use avroscan_tests::data::{every_type, rows};
use avroscan_tests::queries::{HIVE_QUERIES, QUERIES, TYPE_QUERIES};
use datafusion::arrow::datatypes::DataType;

use crate::bench::Bench;
use crate::readers::avroscan::default_workers;
use crate::readers::datafusion::{Session, Table};
use crate::{Result, failure};

const ROWS: u64 = 1500;

/// Where the answers differ, and why.
const DIFFERENT: [(&str, &str); 4] = [
    (
        "SELECT * FROM T",
        "its own has uuids as text without dashes, and unions as an Arrow union",
    ),
    (
        "SELECT id FROM T WHERE n_span IS NULL AND none IS NULL",
        "its own takes the type null for one that is never null",
    ),
    (
        "SELECT id FROM T WHERE none IS NOT NULL",
        "its own takes the type null for one that is never null",
    ),
    (
        "SELECT max(n_t_ms), min(t_us), max(ns), min(n_local), max(n_uuid), max(n_bin) FROM T",
        "its own has uuids as text without dashes",
    ),
];

/// Longest error that is printed.
const MOST_CHARS: usize = 100;

/// Files, the columns of their directories, and what is asked of them.
struct List {
    name: &'static str,
    path: String,
    columns: Vec<(String, DataType)>,
    queries: &'static [&'static str],
}

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    for list in lists(&bench.files.scratch("same"))? {
        compare(bench, &list)?;
    }
    Ok(())
}

fn lists(directory: &Path) -> Result<[List; 4]> {
    let put = |name: &str, bytes: &[u8]| -> Result<String> {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap_or(directory))?;
        fs::write(&path, bytes)?;
        let path = path.to_str().ok_or_else(|| failure("no UTF-8"))?;
        Ok(path.to_owned())
    };
    let folder = |name: &str| format!("{}/{name}/", directory.display());
    let one = put("one.avro", &rows::file(0..ROWS, 37))?;
    put("several/a.avro", &rows::file(0..1000, 1))?;
    put("several/b.avro", &rows::file(1000..ROWS, 50))?;
    for (year, numbers) in [("2022", 0..200), ("2023", 200..600), ("2024", 600..700)] {
        put(
            &format!("hive/year={year}/part.avro"),
            &rows::file(numbers, 23),
        )?;
    }
    let types = put("types.avro", &every_type::file(0..ROWS, 41))?;
    let list = |name, path, queries| List {
        name,
        path,
        columns: Vec::new(),
        queries,
    };
    Ok([
        list("one file", one, QUERIES),
        list("several files", folder("several"), QUERIES),
        List {
            columns: vec![("year".to_owned(), DataType::Utf8)],
            ..list("directories", folder("hive"), HIVE_QUERIES)
        },
        list("every type", types, TYPE_QUERIES),
    ])
}

fn compare(bench: &mut Bench, list: &List) -> Result<()> {
    let session = Session::new(default_workers())?;
    let (path, columns) = (&list.path, &list.columns);
    session.register("t", Table::Avroscan, path, columns.clone())?;
    let native = session.register("n", Table::Native, path, columns.clone());
    println!("\n### {}: {} queries\n", list.name, list.queries.len());
    if let Err(error) = native {
        println!("DataFusion's own cannot read it: {error}");
    }
    let (mut same, mut different) = (0, Vec::new());
    let (mut neither, mut only_here) = (Vec::new(), Vec::new());
    let known = |sql: &str| {
        let of_types = std::ptr::eq(list.queries, TYPE_QUERIES);
        DIFFERENT
            .iter()
            .find(|(query, _)| of_types && *query == sql)
    };
    for sql in list.queries {
        match (session.answer(sql, "t"), session.answer(sql, "n")) {
            (Ok(here), Ok(there)) if here == there => same += 1,
            (Ok(here), Ok(there)) => {
                if let Some((_, why)) = known(sql) {
                    different.push(format!("`{sql}`: {why}"));
                    continue;
                }
                let differ = here.iter().zip(&there).find(|(here, there)| here != there);
                bench.is_wrong(format!(
                    "{}: {sql}: {} and {} lines, {differ:?}",
                    list.name,
                    here.len(),
                    there.len()
                ));
            }
            (Ok(_), Err(error)) => only_here.push(format!("`{sql}`: {}", line(&*error))),
            (Err(error), Err(_)) => neither.push(format!("`{sql}`: {}", line(&*error))),
            (Err(error), Ok(_)) => bench.is_wrong(format!("{}: {sql}: {error}", list.name)),
        }
    }
    println!("The same answer: {same}");
    for (what, queries) in [
        ("The answers differ", different),
        ("DataFusion's own fails", only_here),
        ("DataFusion was built without the function", neither),
    ] {
        println!("\n{what}: {}\n", queries.len());
        for query in queries {
            println!("- {query}");
        }
    }
    Ok(())
}

fn line(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(MOST_CHARS).collect()
}
