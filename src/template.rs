//! Placeholders: `${name}` in the subject's SQL and commands.
//!
//! In SQL a placeholder becomes a bind parameter wherever one can stand. Inside a string literal, a quoted
//! identifier or a dollar-quoted body, where Postgres takes no parameter, the value is pasted with the quoting
//! that the place asks for. `\${name}` stands for the text `${name}` itself; an unknown name is an error.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

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

    /// Names and values, to be handed to another process.
    pub fn pairs(&self) -> Vec<(String, Option<String>)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The reverse of [`Values::pairs`].
    pub fn from_pairs(pairs: &[(String, Option<String>)]) -> Self {
        Self(pairs.iter().cloned().collect())
    }

    fn get(&self, name: &str) -> Result<Option<&str>> {
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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Plain,
    Literal,
    Identifier,
    Dollar(String),
    Comment,
}

impl Place {
    fn paste(&self, value: Option<&str>) -> Result<String> {
        let Some(value) = value else {
            return Ok(if *self == Self::Plain { "NULL".to_owned() } else { String::new() });
        };
        Ok(match self {
            Self::Plain => format!("'{}'", value.replace('\'', "''")),
            Self::Literal => value.replace('\'', "''"),
            Self::Identifier => value.replace('"', "\"\""),
            Self::Comment => String::new(),
            Self::Dollar(tag) if value.contains(tag.as_str()) => {
                return Err(Error::usage(format!(
                    "a value contains the dollar quote {tag} that it stands in"
                ))
                .fix("use another dollar-quote tag in the statement"));
            }
            Self::Dollar(_) => value.to_owned(),
        })
    }
}

enum Piece<'a> {
    Text(&'a str),
    Hole { name: &'a str, place: Place },
}

/// Cuts SQL at its placeholders, keeping track of the quoting each stands in (manual, 4.1 Lexical Structure).
fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut place = Place::Plain;
    let mut depth = 0_usize;
    let (mut start, mut at) = (0, 0);
    while at < sql.len() {
        let rest = &sql[at..];
        if rest.starts_with("\\${") {
            pieces.push(Piece::Text(&sql[start..at]));
            (start, at) = (at + 1, at + 3);
            continue;
        }
        if let Some(name) = hole(rest) {
            pieces.push(Piece::Text(&sql[start..at]));
            pieces.push(Piece::Hole { name, place: place.clone() });
            at += name.len() + 3;
            start = at;
            continue;
        }
        let step = match &place {
            Place::Plain if rest.starts_with('\'') => enter(&mut place, Place::Literal, 1),
            Place::Plain if rest.starts_with('"') => enter(&mut place, Place::Identifier, 1),
            Place::Plain if rest.starts_with("--") => {
                let end = rest.find('\n').unwrap_or(rest.len());
                end.max(1)
            }
            Place::Plain if rest.starts_with("/*") => {
                depth = 1;
                enter(&mut place, Place::Comment, 2)
            }
            Place::Plain => match dollar_tag(rest) {
                Some(tag) => enter(&mut place, Place::Dollar(tag.to_owned()), tag.len()),
                None => width(rest),
            },
            Place::Literal if rest.starts_with('\'') => enter(&mut place, Place::Plain, 1),
            Place::Identifier if rest.starts_with('"') => enter(&mut place, Place::Plain, 1),
            Place::Dollar(tag) if rest.starts_with(tag.as_str()) => {
                let length = tag.len();
                enter(&mut place, Place::Plain, length)
            }
            Place::Comment if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            Place::Comment if rest.starts_with("*/") => {
                depth -= 1;
                if depth == 0 { enter(&mut place, Place::Plain, 2) } else { 2 }
            }
            _ => width(rest),
        };
        at += step;
    }
    pieces.push(Piece::Text(&sql[start..]));
    pieces
}

fn enter(place: &mut Place, next: Place, step: usize) -> usize {
    *place = next;
    step
}

fn width(rest: &str) -> usize {
    rest.chars().next().map_or(1, char::len_utf8)
}

fn hole(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix("${")?;
    let name = &name[..name.find('}')?];
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// `$$` or `$tag$` at the start, if one opens here.
fn dollar_tag(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('$')?;
    let end = inner.find('$')?;
    let tag = &inner[..end];
    let word = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    word.then(|| &rest[..end + 2])
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
    fn unknown_names_are_errors() {
        let error = bind("SELECT ${kay}", &values()).unwrap_err();
        assert_eq!(error.to_string(), "unknown placeholder ${kay}; known here: ${key}, ${tenant}");
    }

    #[test]
    fn words_fill() {
        assert_eq!(fill("--run=${key}/\\${key}", &values()).unwrap(), "--run=k'1/${key}");
    }
}
