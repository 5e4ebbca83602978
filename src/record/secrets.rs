//! Which texts are secrets: values of variables with such names, and passwords in URLs and SQL.

use std::fs;
use std::sync::LazyLock;

use regex::Regex;

use super::gather;
use super::redact::{IN_SQL, IN_URL};
use crate::subject::Subject;

/// Parts of names whose variables hold secrets.
const SECRET_NAMES: [&str; 10] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "CREDENTIAL",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
];

// `NAME = "value"` as TOML writes a variable of the environment.
static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\b([A-Z][A-Z0-9_]*)"?\s*=\s*(?:"([^"]*)"|'([^']*)')"#).ok());
// `password=value` as URLs and libpq's key words write it, without blanks.
static IN_QUERY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\bpassword=(?:'([^']*)'|([^\s&;,'"]+))"#).ok());

/// Those of this process's own environment.
pub(super) fn of_environment() -> Vec<String> {
    let own = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    own.flat_map(|(name, value)| of_variable(&name, &value)).collect()
}

/// Those that the subject gives its programs, and those in its SQL files.
pub(super) fn of_subject(subject: &Subject) -> Vec<String> {
    let relay = subject.relay.iter().map(|relay| &relay.program);
    let mcp = subject.mcp.iter().map(|mcp| &mcp.program);
    let programs = subject.worker.iter().chain(relay).chain(mcp).map(|program| &program.env);
    let tool = subject.database.commands.iter().map(|commands| &commands.env);
    let given = programs.chain(tool).flatten();
    let mut found: Vec<String> = given.flat_map(|(name, value)| of_variable(name, value)).collect();
    // A file that cannot be read holds nothing that could be shown.
    for file in gather::schema_files(subject).unwrap_or_default() {
        found.extend(fs::read_to_string(subject.path(&file)).iter().flat_map(|text| of_sql(text)));
    }
    found
}

/// Those in a text: passwords in connection strings and SQL, and variables as a subject file writes them.
pub(super) fn of_text(text: &str) -> Vec<String> {
    let mut found = of_sql(text);
    found.extend(in_queries(text));
    for variable in VARIABLE.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let value = variable.get(2).or(variable.get(3)).map_or("", |value| value.as_str());
        found.extend(of_variable(&variable[1], value));
    }
    found
}

fn of_variable(name: &str, value: &str) -> Vec<String> {
    let whole = secret_name(name).then(|| value.to_owned());
    whole.into_iter().chain(in_urls(value)).chain(in_queries(value)).collect()
}

fn of_sql(text: &str) -> Vec<String> {
    let literals = IN_SQL.iter().flat_map(|pattern| pattern.captures_iter(text));
    let bare =
        literals.map(|found| found[2].trim_start_matches(['E', 'e']).trim_matches('\'').replace("''", "'"));
    bare.chain(in_urls(text)).collect()
}

fn in_urls(text: &str) -> Vec<String> {
    let urls = IN_URL.iter().flat_map(|pattern| pattern.captures_iter(text));
    urls.map(|found| found[2].to_owned()).collect()
}

fn in_queries(text: &str) -> Vec<String> {
    let queries = IN_QUERY.iter().flat_map(|pattern| pattern.captures_iter(text));
    queries.filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str().to_owned())).collect()
}

fn secret_name(name: &str) -> bool {
    let name = name.to_uppercase();
    SECRET_NAMES.iter().any(|part| name.contains(part)) || name.ends_with("_KEY") || name.ends_with("_PWD")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets() {
        for name in ["PGPASSWORD", "GITHUB_TOKEN", "aws_secret_access_key", "STRIPE_KEY", "DB_PWD"] {
            assert!(secret_name(name), "{name}");
        }
        for name in ["PWD", "OLDPWD", "KEYBOARD", "PATH", "MONKEY"] {
            assert!(!secret_name(name), "{name}");
        }
    }

    #[test]
    fn texts_give_their_secrets_away() {
        for (text, secrets) in [
            ("env = { VENDOR_TOKEN = \"one\", PATH = 'x' }", vec!["one"]),
            ("ALTER ROLE a PASSWORD 'tw''o'; CREATE ROLE b PASSWORD E'x'", vec!["tw'o", "x"]),
            ("url = \"postgres://a:three@b/c\"", vec!["three"]),
            ("postgres://a@b/c?password=four&x=1", vec!["four"]),
            ("host=b password='fi ve' user=a", vec!["fi ve"]),
            ("dedup_key = \"public.outbox.dedup_key\"", vec![]),
        ] {
            assert_eq!(of_text(text), secrets, "{text}");
        }
    }
}
