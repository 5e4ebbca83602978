//! Placeholders: `${name}` in the subject's SQL and commands.
//!
//! In SQL a placeholder becomes a bind parameter wherever one can stand. Inside a string literal, a quoted
//! identifier or a dollar-quoted body, where Postgres takes no parameter, the value is pasted with the quoting
//! that the place asks for. `\${name}` stands for the text `${name}` itself; an unknown name is an error.

mod pieces;

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use pieces::{Piece, Place, pieces};

/// Values by placeholder name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Option<String>>);

impl Values {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces one value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), Some(value.to_string()));
        self
    }

    /// Adds or replaces one value by NULL.
    #[must_use]
    pub fn with_null(mut self, name: &str) -> Self {
        self.0.insert(name.to_owned(), None);
        self
    }

    /// Adds or replaces all of `others`.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// Names and values, to be handed to another process.
    pub fn pairs(&self) -> Vec<(String, Option<String>)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The reverse of [`Values::pairs`].
    pub fn from_pairs(pairs: &[(String, Option<String>)]) -> Self {
        Self(pairs.iter().cloned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>> {
        self.0.get(name).map(Option::as_deref).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(|key| format!("${{{key}}}")).collect();
            Error::usage(format!("unknown placeholder ${{{name}}}")).fix(format!(
                "known here: {}",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            ))
        })
    }
}

/// SQL with its placeholders turned into `$1`, `$2` … and the values to bind, in text form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The statement as it is sent.
    pub sql: String,
    /// One text value per parameter; `None` is NULL.
    pub params: Vec<Option<String>>,
}

/// Binds a single statement.
///
/// # Errors
/// A usage error for an unknown placeholder or a value that cannot stand inside its dollar quotes.
pub fn bind(sql: &str, values: &Values) -> Result<Bound> {
    let mut bound = Bound { sql: String::new(), params: Vec::new() };
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for piece in pieces(sql) {
        match piece {
            Piece::Text(text) => bound.sql.push_str(text),
            Piece::Hole { name, place: Place::Plain } => {
                let value = values.get(name)?;
                let number = *numbers.entry(name.to_owned()).or_insert_with(|| {
                    bound.params.push(value.map(str::to_owned));
                    bound.params.len()
                });
                bound.sql.push_str(&format!("${number}"));
            }
            Piece::Hole { name, place } => bound.sql.push_str(&place.paste(values.get(name)?)?),
        }
    }
    Ok(bound)
}

/// A statement that is prepared once and run with other values each time: its text with `$1`, `$2` …, and the name behind
/// each.
///
/// # Errors
/// A usage error for a placeholder that is none of `known`, or that stands in quotes, where no parameter can.
pub fn parameters(sql: &str, known: &[&str]) -> Result<(String, Vec<String>)> {
    let (mut text, mut names) = (String::new(), Vec::<String>::new());
    let blank = known.iter().fold(Values::new(), |values, name| values.with(name, ""));
    for piece in pieces(sql) {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Hole { name, place: Place::Plain } => {
                blank.get(name)?;
                let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
                    names.push(name.to_owned());
                    names.len() - 1
                });
                text.push_str(&format!("${}", at + 1));
            }
            Piece::Hole { place: Place::Comment, .. } => {}
            Piece::Hole { name, .. } => {
                return Err(Error::usage(format!(
                    "${{{name}}} stands in quotes in a statement that is prepared"
                ))
                .fix("take it out of the quotes; in a text, join it with ||"));
            }
        }
    }
    Ok((text, names))
}

/// Pastes every value as a quoted literal, for scripts of several statements, which take no parameters.
///
/// # Errors
/// As [`bind`].
pub fn paste(sql: &str, values: &Values) -> Result<String> {
    let mut script = String::new();
    for piece in pieces(sql) {
        match piece {
            Piece::Text(text) => script.push_str(text),
            Piece::Hole { name, place } => script.push_str(&place.paste(values.get(name)?)?),
        }
    }
    Ok(script)
}

/// Fills placeholders in a word of a command line or a variable, where no quoting applies.
///
/// # Errors
/// As [`bind`].
pub fn fill(word: &str, values: &Values) -> Result<String> {
    let mut filled = String::new();
    let mut rest = word;
    while let Some(at) = rest.find("${") {
        let escaped = rest[..at].ends_with('\\');
        let Some(end) = rest[at..].find('}').map(|length| at + length) else { break };
        if escaped {
            filled.push_str(&rest[..at - 1]);
            filled.push_str(&rest[at..=end]);
        } else {
            filled.push_str(&rest[..at]);
            filled.push_str(values.get(&rest[at + 2..end])?.unwrap_or_default());
        }
        rest = &rest[end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The placeholders that a statement uses, in order of appearance.
pub fn names(sql: &str) -> Vec<String> {
    pieces(sql)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Hole { name, .. } => Some(name.to_owned()),
            Piece::Text(_) => None,
        })
        .collect()
}

/// The placeholders that [`fill`] would look up in a word, in order of appearance.
pub fn word_names(word: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}').map(|length| at + length) else { break };
        if !rest[..at].ends_with('\\') {
            names.push(rest[at + 2..end].to_owned());
        }
        rest = &rest[end + 1..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values::new().with("key", "k'1").with("tenant", "alice")
    }

    #[test]
    fn plain_places_bind_and_repeat() {
        let bound = bind("SELECT ${key}, ${tenant}, ${key}::text", &values()).unwrap();
        assert_eq!(bound.sql, "SELECT $1, $2, $1::text");
        assert_eq!(bound.params, [Some("k'1".to_owned()), Some("alice".to_owned())]);
    }

    #[test]
    fn quoted_places_paste() {
        let bound = bind(
            r#"SELECT '{"k":"${key}"}'::json, '{${key}}'::text[], $q$${tenant}$q$, "${tenant}""#,
            &values(),
        );
        assert_eq!(
            bound.unwrap().sql,
            r#"SELECT '{"k":"k''1"}'::json, '{k''1}'::text[], $q$alice$q$, "alice""#
        );
    }

    #[test]
    fn escapes_and_comments_stay() {
        let sql = "SELECT '\\${key}' -- ${key\n, $1, 'it''s'";
        assert_eq!(bind(sql, &values()).unwrap().sql, "SELECT '${key}' -- ${key\n, $1, 'it''s'");
    }

    #[test]
    fn prepared_statements_take_every_value_as_a_parameter() {
        let (text, names) = parameters("SELECT ${b}, ${a}, ${b}::int -- ${c}", &["a", "b", "c"]).unwrap();
        assert_eq!((text.as_str(), names), ("SELECT $1, $2, $1::int -- ${c}", vec!["b".into(), "a".into()]));
        assert!(parameters("SELECT '${a}'", &["a"]).is_err());
        assert!(parameters("SELECT ${d}", &["a"]).is_err());
    }

    #[test]
    fn unknown_names_are_errors() {
        let error = bind("SELECT ${kay}", &values()).unwrap_err();
        assert_eq!(error.to_string(), "unknown placeholder ${kay}; known here: ${key}, ${tenant}");
    }

    #[test]
    fn words_fill() {
        assert_eq!(fill("--run=${key}/\\${key}", &values()).unwrap(), "--run=k'1/${key}");
    }
}
