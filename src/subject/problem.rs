//! What is wrong with a subject file, and where.

use std::ops::Range;
use std::path::Path;

use crate::error::Error;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Byte offset in the file; `None` for the file as a whole.
    pub at: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it; empty where nothing useful can be said.
    pub fix: String,
}

impl Problem {
    /// A problem at the start of a span.
    pub fn new(span: &Range<usize>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { at: Some(span.start), what: what.into(), fix: fix.into() }
    }

    /// As an error of the file.
    pub fn error(&self, file: &Path, text: &str) -> Error {
        let place = match self.at {
            Some(at) => {
                let (line, column) = line_and_column(text, at);
                format!("{}:{line}:{column}", file.display())
            }
            None => file.display().to_string(),
        };
        let error = Error::usage(self.what.clone()).at(place);
        if self.fix.is_empty() { error } else { error.fix(self.fix.clone()) }
    }
}

/// Line and column of a byte offset, both from 1; columns count characters.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    (line, column)
}

/// The known name that was probably meant.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let likeness = |name: &str| strsim::jaro_winkler(&typed.to_lowercase(), &name.to_lowercase());
    let best = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.filter(|name| likeness(name) > 0.75)
}

/// `did you mean …?` for the nearest of the known names, or what is known.
pub fn suggest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    const SHOWN: usize = 12;
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(typed, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "nothing is known here".into(),
        None => {
            let shown: Vec<_> = known.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
            let more = if known.len() > SHOWN { ", …" } else { "" };
            format!("known here: {}{more}", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns() {
        assert_eq!(line_and_column("ä = 1\nb = 2", 0), (1, 1));
        assert_eq!(line_and_column("ä = 1\nb = 2", 3), (1, 3));
        assert_eq!(line_and_column("ä = 1\nb = 2", 7), (2, 1));
        assert_eq!(line_and_column("ä", 1), (1, 1));
        assert_eq!(line_and_column("a\n", 99), (2, 1));
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(suggest("tabel", ["table", "column"]), "did you mean `table`?");
        assert_eq!(suggest("Table", ["table", "column"]), "did you mean `table`?");
        assert_eq!(suggest("zzz", ["table", "column"]), "known here: `table`, `column`");
    }
}
