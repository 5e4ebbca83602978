//! Holds a parsed file against the file's shape and says everything that is wrong, not only the first thing.

mod texts;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, nearest, suggest};
use super::shape::{Others, Shape, Use};

/// A text that the gate will use as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands in the file: `claims.seed`, `idempotency.write[1]`.
    pub key: String,
    /// The text.
    pub sql: String,
    /// Who runs it and how.
    pub usage: Use,
    /// The table named beside it, whose rows an expression is over.
    pub table: Option<String>,
    /// Its place in the file, quotes included.
    pub span: Range<usize>,
}

/// A name that must be in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Where it stands in the file.
    pub key: String,
    /// `role`, `table` or `column`.
    pub kind: &'static str,
    /// The name as written.
    pub name: String,
    /// The table of a column, as written.
    pub table: Option<String>,
    /// Its place in the file.
    pub span: Range<usize>,
}

/// What a file holds that can be held against a catalog, and what is wrong with it already.
#[derive(Debug, Default)]
pub struct Reading {
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
    /// Its SQL.
    pub statements: Vec<Statement>,
    /// Its names.
    pub names: Vec<Named>,
    /// Where each key stands.
    pub places: BTreeMap<String, Range<usize>>,
    /// Placeholders that the texts of the key being read know besides their own.
    pub(super) further: Vec<&'static str>,
}

/// Reads a parsed file; `folder` is where relative paths start.
pub fn read(table: &DeTable<'_>, folder: &Path) -> Reading {
    let mut reading = Reading::default();
    reading.table(Shape::root(), table, &(0..0), "", folder);
    // What the file lacks as a whole comes last: it may be there under a misspelt name.
    reading.problems.sort_by_key(|problem| problem.at.unwrap_or(usize::MAX));
    reading
}

/// Of more than these nobody learns anything.
const MOST: usize = 100;

impl Reading {
    fn tell(&mut self, problem: Problem) {
        match self.problems.len() {
            0..MOST => self.problems.push(problem),
            MOST => self.problems.push(Problem {
                at: Some(usize::MAX),
                what: format!("more than {MOST} things are wrong"),
                fix: "begin with the first".into(),
            }),
            _ => {}
        }
    }

    fn table(
        &mut self,
        shape: Shape<'static>,
        table: &DeTable<'_>,
        span: &Range<usize>,
        path: &str,
        folder: &Path,
    ) {
        let mut meant = Vec::new();
        for (key, value) in table.iter() {
            let name = key.get_ref().as_ref();
            let below = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.places.insert(below.clone(), value.span());
            let known = shape.key(name).or(match shape.others() {
                Others::Are(shape) => Some(shape),
                Others::Free => continue,
                Others::Refused => None,
            });
            match known {
                Some(shape) => {
                    let before = self.further.len();
                    self.further.extend(shape.further_words());
                    self.value(shape, value, &below, Some(table), folder);
                    self.further.truncate(before);
                }
                None => {
                    let section = if path.is_empty() { String::new() } else { format!(" in [{path}]") };
                    meant.extend(nearest(name, shape.keys().map(|(known, _)| known)));
                    self.tell(Problem::new(
                        &key.span(),
                        format!("unknown key `{}`{section}", shorten(name)),
                        suggest(name, shape.keys().map(|(known, _)| known)),
                    ));
                }
            }
        }
        // A key that is misspelt is not missing as well.
        let open = shape.required().filter(|key| !meant.contains(key));
        for missing in open.filter(|key| !table.iter().any(|(own, _)| own.get_ref() == key)) {
            let (place, remedy) = match path {
                "" => ("the file".to_owned(), format!("add `{missing}`")),
                path => (format!("[{path}]"), format!("add `{missing} = …` to [{path}]")),
            };
            let at = (!path.is_empty()).then_some(span.start);
            self.tell(Problem { at, what: format!("{place} lacks the key `{missing}`"), fix: remedy });
        }
    }

    fn value(
        &mut self,
        shape: Shape<'static>,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        beside: Option<&DeTable<'_>>,
        folder: &Path,
    ) {
        let (span, kind) = (value.span(), json_type(value.get_ref()));
        // What a map or a free value is for is said at its top.
        if shape.word().is_some() && (kind == "object" || shape.types().is_empty()) {
            self.words(shape, value, path, folder);
            return;
        }
        let words = shape.words();
        let alternatives = shape.alternatives();
        if words.is_empty() && !alternatives.is_empty() {
            // Of several shapes the one is meant that the value's type, and the keys of a table, fit best.
            let keys: Vec<&str> = match value.get_ref() {
                DeValue::Table(table) => table.keys().map(|key| key.get_ref().as_ref()).collect(),
                _ => Vec::new(),
            };
            let fit = |shape: &Shape<'static>| keys.iter().filter(|key| shape.key(key).is_some()).count();
            let fitting = alternatives.into_iter().filter(|one| one.types().contains(&kind));
            if let Some(meant) = fitting.max_by_key(fit) {
                self.value(meant, value, path, beside, folder);
            }
            return;
        }
        let types = shape.types();
        let number = kind == "integer" && types.contains(&"number");
        if !types.is_empty() && !types.contains(&kind) && !number {
            let fix = match (types.as_slice(), kind) {
                (["string"], "table" | "object") => "write it as one text, in quotes",
                (["string"], _) => "put it in quotes",
                (["array"], _) => "write it as a list: [ … ]",
                _ => "",
            };
            let wanted = types.iter().map(|name| spoken(name)).collect::<Vec<_>>().join(" or ");
            let what = format!("`{path}` is {}, wanted is {wanted}", spoken(value.get_ref().type_str()));
            self.tell(Problem::new(&span, what, fix));
            return;
        }
        match value.get_ref() {
            DeValue::Table(table) => {
                if let Some(kind) = shape.key_name() {
                    for key in table.keys() {
                        self.name(kind, key.get_ref(), &key.span(), path, None);
                    }
                }
                self.table(shape, table, &span, path, folder);
            }
            DeValue::Array(array) => {
                for (at, item) in array.iter().enumerate() {
                    // What a list is for is said at the list.
                    let said = shape.sql().is_some()
                        || shape.word().is_some()
                        || shape.name().is_some()
                        || shape.path().is_some();
                    let below = format!("{path}[{at}]");
                    match (item.get_ref(), shape.items()) {
                        (DeValue::String(text), Some(items)) if said && items.types() == ["string"] => {
                            self.text(shape, text, &item.span(), &below, beside, folder);
                        }
                        (_, Some(items)) => self.value(items, item, &below, beside, folder),
                        (_, None) => {}
                    }
                }
            }
            DeValue::String(text) if words.contains(&text.as_ref()) => {}
            DeValue::String(text) if !words.is_empty() => {
                let what = format!("`{path}` knows no `{}`", shorten(text));
                self.tell(Problem::new(&span, what, suggest(text, words)));
            }
            DeValue::String(text) => self.text(shape, text, &span, path, beside, folder),
            DeValue::Integer(_) => self.number(shape, value, path),
            _ => {}
        }
    }
}

fn json_type(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
        DeValue::Datetime(_) => "date",
    }
}

fn spoken(kind: &str) -> &'static str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" | "float" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" | "table" => "a table",
        _ => "a date",
    }
}

/// At most forty characters of what somebody typed.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
