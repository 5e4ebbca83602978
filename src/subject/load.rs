//! Finding, reading and validating the subject file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::Subject;
use super::problem::Problem;
use super::reading::{self, Reading};
use crate::error::{Error, Result};

/// Name of a subject file.
pub const FILE_NAME: &str = "sor-gate.toml";

/// No description of a system is larger, in bytes.
const LARGEST: usize = 1 << 20;

/// The nearest `sor-gate.toml` in `start` or above it.
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file())
}

/// A subject file with everything that can be said of it without a database.
pub struct Draft {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// What it holds and what is wrong with it.
    pub reading: Reading,
    /// The subject, when nothing is wrong.
    pub subject: Option<Subject>,
}

impl Draft {
    /// Everything that is wrong, as errors with line and column.
    pub fn errors(&self) -> Vec<Error> {
        self.reading.problems.iter().map(|problem| problem.error(&self.file, &self.text)).collect()
    }
}

/// Reads a subject file.
///
/// # Errors
/// A usage error with line and column for anything that the file's types do not allow.
pub fn load(file: &Path) -> Result<Subject> {
    let draft = draft(file)?;
    let errors = draft.errors();
    let more = errors.len().saturating_sub(1);
    match (draft.subject, errors.into_iter().next()) {
        (Some(subject), None) => Ok(subject),
        (_, Some(error)) if more == 0 => Err(error),
        (_, Some(mut error)) => {
            error.what = format!("{} (and {more} more, which `sor-gate check` shows)", error.what);
            Err(error)
        }
        (None, None) => Err(Error::usage("the subject file cannot be read").at(file.display())),
    }
}

/// Reads a subject file as far as it can be read, and says everything that is wrong with it.
///
/// # Errors
/// A usage error when there is no such file, or it is too large or no text.
pub fn draft(file: &Path) -> Result<Draft> {
    let text = text_of(file)?;
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().map(Path::to_owned).unwrap_or_default();
    let (reading, subject) = parse(&text, &folder);
    let subject = subject.map(|subject| Subject { folder, file: file.clone(), ..subject });
    Ok(Draft { file, text, reading, subject })
}

/// Reads the text of a subject file whose paths start at `folder`. Never panics, whatever the text.
pub fn parse(text: &str, folder: &Path) -> (Reading, Option<Subject>) {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let problems = vec![problem(&error)];
            return (Reading { problems, ..Reading::default() }, None);
        }
    };
    let mut reading = reading::read(table.get_ref(), folder);
    if !reading.problems.is_empty() {
        return (reading, None);
    }
    match toml::from_str::<Subject>(text) {
        Ok(subject) => match without_schema(&subject, &reading).or_else(|| half_said(&subject, &reading)) {
            Some(problem) => {
                reading.problems.push(problem);
                (reading, None)
            }
            None => (reading, Some(subject)),
        },
        Err(error) => {
            reading.problems.push(problem(&error));
            (reading, None)
        }
    }
}

/// A schema must come from somewhere.
fn without_schema(subject: &Subject, reading: &Reading) -> Option<Problem> {
    let database = &subject.database;
    if database.migrations.is_some() || database.dump.is_some() || database.copy.is_some() {
        return None;
    }
    let at = reading.places.get("database").map(|span| span.start);
    let fix = "add `migrations = …`, `dump = …` or `copy = …` to [database]".to_owned();
    Some(Problem { at, what: "[database] says of no schema".into(), fix })
}

/// Keys that say nothing without another one.
fn half_said(subject: &Subject, reading: &Reading) -> Option<Problem> {
    let (key, what, fix) = subject.idempotency.as_ref()?.half_said()?;
    let path = format!("idempotency.{key}");
    let at = reading.places.get(path.trim_end_matches('.')).map(|span| span.start);
    Some(Problem { at, what, fix })
}

fn problem(error: &toml::de::Error) -> Problem {
    let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    let (what, fix) = match message.split_once(", expected one of ") {
        Some((what, _)) => (what.to_owned(), "the reference lists what may stand here".to_owned()),
        None if message == "recursion limit" => ("the file nests too deeply".into(), String::new()),
        None => (message, String::new()),
    };
    Problem { at: error.span().map(|span| span.start), what, fix }
}

fn text_of(file: &Path) -> Result<String> {
    let unreadable = |why: String| Error::usage(why).at(file.display());
    let cannot = |error: std::io::Error| {
        unreadable(format!("cannot read the subject file: {error}"))
            .fix("name an existing file with --subject, or write one with `sor-gate init`")
    };
    // A pipe or a device may never end.
    if !std::fs::metadata(file).map_err(cannot)?.is_file() {
        return Err(unreadable("the subject file is not a plain file".into()));
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(cannot)?;
    opened.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > LARGEST {
        return Err(unreadable(format!("the subject file is larger than {LARGEST} bytes"))
            .fix("put SQL into files of its own"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unreadable(format!("the subject file is not UTF-8 text: byte {at} is no character"))
    })
}

/// Digest of a text, `sha256:…`.
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
