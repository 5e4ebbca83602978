//! The subject file's reader: what is wrong is said with line, column and remedy, and nothing makes it panic.

#![allow(clippy::unwrap_used)]

mod hostile;
mod wrong;

use std::path::{Path, PathBuf};

use sor_gate::subject;

/// A file that is right, in as few lines as a system without programs needs.
const SMALL: &str = r#"name = "small"

[database]
migrations = "migrations"

[roles]
worker = "app"

[claims]
table = "public.jobs"
seed = "INSERT INTO jobs (id) VALUES (${id})"
claim = "SELECT id FROM jobs LIMIT 1"
done = "DELETE FROM jobs WHERE id = ${id}"
rows = "SELECT id, status FROM jobs"
lease = "30 s"
"#;

/// A folder with migrations in it.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/sql_only")
}

/// Everything that is wrong with a text, as `line:column what; fix`.
fn complaints(text: &str) -> Vec<String> {
    let (reading, subject) = subject::parse(text, &here());
    assert_eq!(subject.is_some(), reading.problems.is_empty(), "{text}");
    let told = reading.problems.iter().map(|problem| {
        let place = problem.at.map(|at| subject::line_and_column(text, at));
        let place = place.map(|(line, column)| format!("{line}:{column} ")).unwrap_or_default();
        let what = problem.what.replace(&here().display().to_string(), "HERE");
        format!("{place}{what}; {}", problem.fix)
    });
    told.collect()
}

/// [`SMALL`] with a part replaced.
fn with(part: &str, other: &str) -> Vec<String> {
    assert!(SMALL.contains(part), "{part}");
    complaints(&SMALL.replacen(part, other, 1))
}
