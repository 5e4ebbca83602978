//! A plain dump of a schema, as `pg_dump --schema-only` writes it, made fit for a server without psql.

use std::path::Path;

use super::{Script, Sending};
use crate::error::{Error, Result};

const REMEDY: &str = "write it with `pg_dump --schema-only --no-subscriptions --file=schema.sql`";

impl Script {
    /// Reads a dump: SQL alone, sent whole.
    ///
    /// # Errors
    /// `Usage` when it cannot be read, is no plain text, holds rows or commands of psql.
    pub fn read_dump(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)
            .map_err(|error| Error::usage(format!("cannot read the dump: {error}")).at(path.display()))?;
        if bytes.starts_with(b"PGDMP") {
            let what = "the dump is in pg_dump's custom format, not plain SQL";
            return Err(Error::usage(what).at(path.display()).fix(REMEDY));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::usage("the dump is not UTF-8 text").at(path.display()).fix(REMEDY))?;
        Self::of_dump(path, &text)
    }

    /// The same of a text.
    ///
    /// # Errors
    /// As [`Script::read_dump`].
    pub fn of_dump(path: &Path, text: &str) -> Result<Self> {
        let mut plain = String::with_capacity(text.len());
        for (number, line) in (1..).zip(text.lines()) {
            let word = line.split_whitespace().next().unwrap_or_default();
            let wrong =
                |what: String| Err(Error::usage(what).at(format!("{}:{number}", path.display())).fix(REMEDY));
            match word {
                // psql's own guard around a dump (release notes of 17.6, 16.10, 15.14 …).
                "\\restrict" | "\\unrestrict" => {}
                "\\connect" | "\\c" | "\\i" | "\\ir" | "\\set" | "\\copy" => {
                    return wrong(format!("the dump holds a command of psql, `{word}`"));
                }
                "COPY" if line.trim_end().ends_with("FROM stdin;") => {
                    return wrong("the dump holds rows".into());
                }
                _ => plain.push_str(line),
            }
            plain.push('\n');
        }
        Ok(Self { sending: Sending::Whole, ..Self::new(path, plain) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Script> {
        Script::of_dump(Path::new("schema.sql"), text)
    }

    #[test]
    fn lines_stay_where_they_were() {
        let script = read("\\restrict abc\nCREATE TABLE a ();\n\\unrestrict abc\n").unwrap();
        assert_eq!(script.text, "\nCREATE TABLE a ();\n\n");
    }

    #[test]
    fn what_is_no_schema_is_refused_with_its_line() {
        for (text, what) in [
            ("\n\\connect books\n", "schema.sql:2: the dump holds a command of psql"),
            ("COPY public.runs (id) FROM stdin;\n1\n\\.\n", "schema.sql:1: the dump holds rows"),
        ] {
            let error = read(text).unwrap_err();
            let told = format!("{}: {}", error.place.unwrap(), error.what);
            assert!(told.starts_with(what), "{told}");
        }
    }
}
