//! Keeps secrets out of evidence: known ones wherever they stand, and passwords by the way they are written.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::secrets;
use crate::error::{Error, Result};
use crate::subject::Subject;

/// What stands in a secret's place.
const MASK: &str = "***";

/// Shorter values are taken for words rather than secrets; they are still masked in connection strings.
const SHORTEST: usize = 4;
/// From this length on a value is masked in the middle of a word too.
const ANYWHERE: usize = 8;

/// Names, ids and verdicts, which hold no text of the subject's and must stay comparable.
const KEPT: [&str; 13] = [
    "id",
    "claim",
    "verdict",
    "kind",
    "proof",
    "red",
    "follows",
    "sqlstate",
    "schema_version",
    "run_id",
    "digest",
    "catalogue",
    "decision",
];

// `scheme://user:password@`; the password may itself hold an unescaped `@`.
pub(super) static IN_URL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@"'<>]*):([^\s/"'<>]+)@"#).ok());
// `password=…` of libpq's key words and of a URL's query, PGPASSWORD=…, also in JSON and TOML.
static AS_KEYWORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)((?:pg|ssl)?(?:password|passwd|passphrase|pwd)["']?\s*[=:]\s*)('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|[^\s&;,'"]+)"#).ok()
});
// `PASSWORD '…'` of CREATE ROLE, ALTER ROLE and CREATE USER MAPPING, also where the text was cut within it.
pub(super) static IN_SQL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(\bpassword\s+)(E?'(?:[^'\\]|\\.|'')*(?:'|$)|\$([a-z_]*)\$.*?(?:\$[a-z_]*\$|$))").ok()
});

/// Masks what must not be read in evidence.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret which holds another is masked whole.
    secrets: Vec<String>,
}

impl Redactor {
    /// Knows the secret-like variables of this process, those that the subjects give their programs, the passwords in the
    /// subjects' files, and those in the other texts: connection strings, the text of a subject file.
    pub fn new<'s, 't>(
        subjects: impl IntoIterator<Item = &'s Subject>,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let mut found = secrets::of_environment();
        found.extend(subjects.into_iter().flat_map(secrets::of_subject));
        found.extend(texts.into_iter().flat_map(secrets::of_text));
        Self::of(found)
    }

    /// Knows nothing but how secrets are written.
    pub const fn unknowing() -> Self {
        Self { secrets: Vec::new() }
    }

    /// Knows what another one knows too.
    pub fn learn(&mut self, other: Self) {
        let own = std::mem::take(&mut self.secrets);
        *self = Self::of(own.into_iter().chain(other.secrets));
    }

    /// Knows what the texts of a value give away too: a password that stands in one as such is masked in all.
    ///
    /// # Errors
    /// A harness error when the value cannot be written as JSON.
    pub fn learn_value(&mut self, value: &impl Serialize) -> Result<()> {
        let mut found = Vec::new();
        told(&serde_json::to_value(value).map_err(unwritable)?, &mut found);
        self.learn(Self::of(found));
        Ok(())
    }

    /// Knows these secrets.
    pub fn of(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut known = Vec::new();
        for secret in secrets {
            let secret = secret.trim();
            let readable = percent_encoding::percent_decode_str(secret).decode_utf8_lossy().into_owned();
            // A placeholder is no secret yet.
            for form in [secret.to_owned(), readable] {
                if form.chars().count() >= SHORTEST && !form.contains("${") && !known.contains(&form) {
                    known.push(form);
                }
            }
        }
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets: known }
    }

    /// A text without its secrets.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in &self.secrets {
            if out.contains(secret.as_str()) {
                out = masked(&out, secret);
            }
        }
        for (pattern, with) in [(&IN_URL, "$1:***@"), (&AS_KEYWORD, "$1***"), (&IN_SQL, "$1'***'")] {
            let Some(pattern) = pattern.as_ref() else { return MASK.into() };
            if pattern.is_match(&out) {
                out = pattern
                    .replace_all(&out, |found: &Captures<'_>| {
                        let whole = &found[0];
                        // A placeholder or a type name is worth reading, and hides nothing.
                        if whole.contains("${") || whole.contains(MASK) {
                            return whole.to_owned();
                        }
                        with.replace("$1", &found[1])
                    })
                    .into_owned();
            }
        }
        out
    }

    /// A value without its secrets: every text in it, other than ids and verdicts, is masked.
    ///
    /// # Errors
    /// A harness error when the value cannot be written as JSON and read back.
    pub fn value<T: Serialize + DeserializeOwned>(&self, value: T) -> Result<T> {
        serde_json::from_value(self.json(&value)?).map_err(unwritable)
    }

    /// The same as JSON.
    ///
    /// # Errors
    /// A harness error when the value cannot be written as JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<Value> {
        let mut json = serde_json::to_value(value).map_err(unwritable)?;
        self.walk(&mut json);
        Ok(json)
    }

    fn walk(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Value::Object(members) => {
                for (_, member) in members.iter_mut().filter(|(key, _)| !KEPT.contains(&key.as_str())) {
                    self.walk(member);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The secrets in the texts of a value that are masked.
fn told(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(secrets::of_text(text)),
        Value::Array(items) => items.iter().for_each(|item| told(item, found)),
        Value::Object(members) => {
            let masked = members.iter().filter(|(key, _)| !KEPT.contains(&key.as_str()));
            masked.for_each(|(_, member)| told(member, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} secrets)", self.secrets.len())
    }
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::harness(format!("evidence cannot be written: {error}"))
}

/// A short secret only as a word of its own: or else a password `test` would blacken half of the evidence.
fn masked(text: &str, secret: &str) -> String {
    if secret.chars().count() >= ANYWHERE {
        return text.replace(secret, MASK);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(secret) {
        let (head, tail) = (&rest[..at], &rest[at + secret.len()..]);
        let left = head.chars().next_back().or(before);
        let alone =
            ![left, tail.chars().next()].into_iter().flatten().any(|c| c.is_alphanumeric() || c == '_');
        out.push_str(head);
        out.push_str(if alone { MASK } else { secret });
        before = secret.chars().next_back();
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_lose_their_password() {
        let none = Redactor::default();
        for (given, left) in [
            ("postgres://bob:hunter2@db:5432/x", "postgres://bob:***@db:5432/x"),
            (
                "postgresql+psycopg://bob:p%40ss@[::1]/x?sslmode=disable",
                "postgresql+psycopg://bob:***@[::1]/x?sslmode=disable",
            ),
            ("redis://:hunter2@cache", "redis://:***@cache"),
            ("postgres://bob:a@b@db/x", "postgres://bob:***@db/x"),
            ("postgres://bob@db/x?password=hunter2&user=b", "postgres://bob@db/x?password=***&user=b"),
            ("host=db password='hun ter2' user=bob", "host=db password=*** user=bob"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
            ("{\"password\": \"hunter2\"}", "{\"password\": ***}"),
            ("ALTER ROLE bob PASSWORD 'hun''ter2'", "ALTER ROLE bob PASSWORD '***'"),
            ("CREATE ROLE bob LOGIN PASSWORD $x$hunter2$x$", "CREATE ROLE bob LOGIN PASSWORD '***'"),
            ("session admin: ALTER ROLE bob PASSWORD 'hun", "session admin: ALTER ROLE bob PASSWORD '***'"),
            ("a://b and c:d@e", "a://b and c:d@e"),
            ("postgresql://bob@/x?host=%2Ftmp", "postgresql://bob@/x?host=%2Ftmp"),
            ("alice@example.com: 3 rows", "alice@example.com: 3 rows"),
        ] {
            assert_eq!(none.text(given), left);
            assert_eq!(none.text(left), left, "masking twice changes nothing");
        }
    }

    #[test]
    fn known_secrets_are_masked_wherever_they_stand() {
        let knows = Redactor::of(["sup3rs3cret".into(), "test".into(), "p%40sswort".into(), "x".into()]);
        assert_eq!(knows.text("it said sup3rs3cret9 and p@sswort"), "it said ***9 and ***");
        assert_eq!(knows.text("test, tested, a_test: test"), "***, tested, a_test: ***");
        assert_eq!(knows.text("x stays"), "x stays");
    }

    #[test]
    fn what_one_text_gives_away_is_masked_in_all() {
        let said = ["ALTER ROLE w PASSWORD 'run-m4de'", "it said run-m4de"];
        let mut redactor = Redactor::default();
        assert_eq!(redactor.value(said.map(str::to_owned)).unwrap()[1], said[1], "nobody knows it yet");
        redactor.learn_value(&said).unwrap();
        assert_eq!(redactor.value(said.map(str::to_owned)).unwrap()[1], "it said ***");
    }
}
