//! Cuts a file that holds both directions into two scripts, every line in its place.
//!
//! The lines of the other direction are left empty, not taken out: what is found in line 12 of a script stands in
//! line 12 of its file.

use crate::migration::Sending;

/// The two directions of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sections {
    pub(super) up: Section,
    /// None when the file has no downgrade.
    pub(super) down: Option<Section>,
}

/// One direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) text: String,
    pub(super) sending: Sending,
}

/// What the format's own tool would refuse, with the 1-based line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: String,
}

impl Wrong {
    pub(super) fn new<T>(line: usize, what: impl Into<String>) -> Result<T, Self> {
        Err(Self { line, what: what.into() })
    }
}

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    Up,
    Down,
    /// A mark of the format, or what stands before the first.
    Neither,
}

/// The lines of a file, sorted into directions.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    up: String,
    down: String,
}

impl Sorter {
    /// Takes the next line, its line ending included.
    pub(super) fn line(&mut self, line: &str, belongs: Belongs) {
        let body = line.trim_end_matches(['\r', '\n']);
        let end = &line[body.len()..];
        self.up.push_str(if belongs == Belongs::Up { line } else { end });
        self.down.push_str(if belongs == Belongs::Down { line } else { end });
    }

    /// The texts of upgrade and downgrade.
    pub(super) fn texts(self) -> (String, String) {
        (self.up, self.down)
    }
}

/// Whether a line holds more than white space and a comment.
pub(super) fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("--")
}
