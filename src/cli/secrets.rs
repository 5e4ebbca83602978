//! What must not be read in anything that is printed: errors, results and help alike.

use std::fs;
use std::path::Path;
use std::sync::{LazyLock, PoisonError, RwLock};

use regex::Regex;
use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::record::Redactor;
use crate::runner::Ended;
use crate::subject::Subject;

static KNOWN: RwLock<Redactor> = RwLock::new(Redactor::unknowing());
/// Colours: a secret that follows one directly is a word of its own all the same.
static COLOUR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*m").ok());

/// Hides the secrets of the environment and of these texts from now on.
pub fn learn<'t>(texts: impl IntoIterator<Item = &'t str>) {
    keep(Redactor::new(None, texts));
}

/// Hides the secrets in a subject file, whether it can be read as one or not.
pub fn learn_file(file: &Path) {
    // A file that cannot be read is told by whoever needs it.
    if let Ok(text) = fs::read_to_string(file) {
        learn([text.as_str()]);
    }
}

/// Hides the secrets of a subject and of its SQL files.
pub fn learn_subject(subject: &Subject) {
    keep(Redactor::new(Some(subject), []));
}

/// Hides what a drill gave away: passwords that the server logged, or that a text of the drill's names as such.
pub fn learn_ended(ended: &Ended) {
    let mut found = Redactor::new(None, ended.logged.iter().map(String::as_str));
    // What cannot be written as JSON cannot be printed either.
    let _ = found.learn_value(&(&ended.evidence.line, &ended.evidence.findings, &ended.evidence.exhibits));
    let _ = found.learn_value(&ended.log);
    keep(found);
}

/// All that is hidden by now.
pub fn known() -> Redactor {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn keep(found: Redactor) {
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).learn(found);
}

/// A text for people without its secrets.
pub fn masked(text: &str) -> String {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let Some(colour) = COLOUR.as_ref() else { return known.text(text) };
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for found in colour.find_iter(text) {
        out += &known.text(&text[from..found.start()]);
        out += found.as_str();
        from = found.end();
    }
    out + &known.text(&text[from..])
}

/// A value for machines without its secrets.
///
/// # Errors
/// A harness error when it cannot be written as JSON.
pub fn masked_json(value: &impl Serialize) -> Result<Value> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).json(value)
}
