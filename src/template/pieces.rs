//! SQL cut at its placeholders, each with the quoting that it stands in.

use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Plain,
    Literal,
    Identifier,
    Dollar(String),
    Comment,
}

impl Place {
    pub(super) fn paste(&self, value: Option<&str>) -> Result<String> {
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

pub(super) enum Piece<'a> {
    Text(&'a str),
    Hole { name: &'a str, place: Place },
}

/// Cuts SQL at its placeholders, keeping track of the quoting each stands in (manual, 4.1 Lexical Structure).
pub(super) fn pieces(sql: &str) -> Vec<Piece<'_>> {
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
