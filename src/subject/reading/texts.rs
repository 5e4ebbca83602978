//! Texts and numbers of the file: SQL, words of programs, names, paths, bounds.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::problem::{Problem, suggest};
use super::super::shape::Shape;
use super::super::spelling;
use super::{Named, Reading, Statement, shorten};
use crate::template;

impl Reading {
    pub(super) fn words(
        &mut self,
        shape: Shape<'static>,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        folder: &Path,
    ) {
        match value.get_ref() {
            DeValue::String(text) => self.text(shape, text, &value.span(), path, None, folder),
            DeValue::Array(array) => {
                for (at, item) in array.iter().enumerate() {
                    self.words(shape, item, &format!("{path}[{at}]"), folder);
                }
            }
            DeValue::Table(table) => {
                for (key, item) in table.iter() {
                    self.words(shape, item, &format!("{path}.{}", key.get_ref()), folder);
                }
            }
            _ => {}
        }
    }

    pub(super) fn number(&mut self, shape: Shape<'static>, value: &Spanned<DeValue<'_>>, path: &str) {
        let Some(number) = value
            .get_ref()
            .as_integer()
            .and_then(|number| i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok())
        else {
            return;
        };
        let bound = |keyword: &str| shape.get(keyword).as_i64();
        let (least, most) = (bound("minimum"), bound("maximum"));
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("between {least} and {most}"),
                (Some(least), None) => format!("at least {least}"),
                (_, most) => format!("at most {}", most.unwrap_or_default()),
            };
            let what = format!("`{path}` is {number}, wanted is a number {range}");
            self.tell(Problem::new(&value.span(), what, ""));
        }
    }

    /// A regular expression, with the groups that are read from it.
    fn pattern(
        &mut self,
        text: &str,
        span: &Range<usize>,
        path: &str,
        mut groups: impl Iterator<Item = &'static str>,
    ) {
        let pattern = match regex::Regex::new(text) {
            Ok(pattern) => pattern,
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim().to_owned();
                self.tell(Problem::new(span, format!("`{path}` is no regular expression: {why}"), ""));
                return;
            }
        };
        if let Some(group) = groups.find(|group| !pattern.capture_names().flatten().any(|own| own == *group))
        {
            let what = format!("`{path}` has no group `{group}`");
            self.tell(Problem::new(span, what, format!("name what is looked for: `(?<{group}>\\S+)`")));
        }
    }

    pub(super) fn text(
        &mut self,
        shape: Shape<'static>,
        text: &str,
        span: &Range<usize>,
        path: &str,
        beside: Option<&DeTable<'_>>,
        folder: &Path,
    ) {
        // Neither SQL nor a word of a command line can hold it.
        if text.contains('\0') {
            self.tell(Problem::new(span, format!("`{path}` holds a NUL character"), "take it out"));
            return;
        }
        if let Some(usage) = shape.sql() {
            self.placeholders(path, span, template::names(text), &usage.with);
            if text.trim().is_empty() {
                let fix = "write a statement, or leave the key out";
                self.tell(Problem::new(span, format!("`{path}` is empty"), fix));
            }
            let (key, sql, span) = (path.to_owned(), text.to_owned(), span.clone());
            let table =
                beside.and_then(|table| table.get("table")).and_then(|table| table.get_ref().as_str());
            let table = table.map(str::to_owned);
            self.statements.push(Statement { key, sql, usage, table, span });
        } else if let Some(known) = shape.word() {
            let known = known.iter().chain(&self.further);
            let known: Vec<String> = known.map(|name| (*name).to_owned()).collect();
            self.placeholders(path, span, template::word_names(text), &known);
        }
        if let Some(groups) = shape.groups() {
            self.pattern(text, span, path, groups);
        }
        if let Some(kind) = shape.name() {
            let table =
                beside.and_then(|table| table.get("table")).and_then(|table| table.get_ref().as_str());
            self.name(kind, text, span, path, table);
        }
        if let Some(kind) = shape.path() {
            let place = folder.join(text);
            let there = if kind == "folder" { place.is_dir() } else { place.is_file() };
            if !there {
                let what = format!("`{path}`: there is no {kind} {}", place.display());
                self.tell(Problem::new(span, what, "paths start at the subject file's folder"));
            }
        }
    }

    pub(super) fn name(
        &mut self,
        kind: &'static str,
        text: &str,
        span: &Range<usize>,
        path: &str,
        table: Option<&str>,
    ) {
        match spelling::fault(kind, text) {
            Some(why) => {
                let what = format!("`{path}` names no {kind}: {why}");
                self.tell(Problem::new(span, what, spelling::remedy(kind, text)));
            }
            None => self.names.push(Named {
                key: path.to_owned(),
                kind,
                name: text.to_owned(),
                table: table.map(str::to_owned),
                span: span.clone(),
            }),
        }
    }

    pub(super) fn placeholders(
        &mut self,
        path: &str,
        span: &Range<usize>,
        used: Vec<String>,
        known: &[String],
    ) {
        for name in used.iter().filter(|name| !known.contains(name)) {
            let what = format!("unknown placeholder ${{{}}} in `{path}`", shorten(name));
            let fix = match known {
                [] => "none is known here; write \\${…} for the text itself".to_owned(),
                known => suggest(name, known.iter().map(String::as_str)),
            };
            self.tell(Problem::new(span, what, fix));
        }
    }
}
