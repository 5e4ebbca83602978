//! The database's address in the dialects that programs speak.

use crate::postgres::{ConnectInfo, Host};
use crate::template::Values;

/// Fills `${database_url}`, `${database_dsn}` and `${pg_…}`; `scheme` is how the URL is to begin.
pub fn spoken(values: Values, info: &ConnectInfo, scheme: Option<&str>) -> Values {
    let host = match &info.host {
        Host::Socket(folder) => folder.display().to_string(),
        Host::Tcp(host) => host.clone(),
    };
    let password = info.password.as_ref().map(|secret| secret.reveal().to_owned());
    values
        .with("database_url", url(info, scheme))
        .with("database_dsn", dsn(info, &host, password.as_deref()))
        .with("pg_host", host)
        .with("pg_port", info.port)
        .with("pg_user", &info.user)
        .with("pg_password", password.unwrap_or_default())
        .with("pg_database", &info.database)
}

/// The URL, beginning with another scheme where one is wanted: `postgres`, `postgresql+psycopg://`.
fn url(info: &ConnectInfo, scheme: Option<&str>) -> String {
    let url = info.url();
    match (scheme, url.split_once("://")) {
        (Some(scheme), Some((_, rest))) => format!("{}://{rest}", scheme.trim_end_matches("://")),
        _ => url,
    }
}

/// Keywords and values (manual, 34.1.1.1); a password only where there is one.
fn dsn(info: &ConnectInfo, host: &str, password: Option<&str>) -> String {
    let port = info.port.to_string();
    let pairs = [
        ("host", Some(host)),
        ("port", Some(&port)),
        ("user", Some(&info.user)),
        ("password", password),
        ("dbname", Some(&info.database)),
    ];
    let written = pairs.iter().filter_map(|(key, value)| Some(format!("{key}={}", quoted((*value)?))));
    written.collect::<Vec<_>>().join(" ")
}

fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && c != '\'' && c != '\\';
    match !value.is_empty() && value.chars().all(plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Secret;
    use crate::template::fill;

    #[test]
    fn every_dialect_leads_to_the_same_place() {
        let info = ConnectInfo {
            host: Host::Socket("/tmp/a b".into()),
            port: 5433,
            user: "o'brien".into(),
            password: Some(Secret::new("x y")),
            database: "books".into(),
        };
        let values = spoken(Values::new(), &info, Some("postgresql+psycopg://"));
        let filled = |word: &str| fill(word, &values).unwrap();
        assert!(filled("${database_url}").starts_with("postgresql+psycopg://o%27brien:x%20y@/books?host="));
        let dsn = filled("${database_dsn}");
        assert_eq!(dsn, r"host='/tmp/a b' port=5433 user='o\'brien' password='x y' dbname=books");
        let parsed: tokio_postgres::Config = dsn.parse().unwrap();
        assert_eq!((parsed.get_user(), parsed.get_dbname()), (Some("o'brien"), Some("books")));
        assert_eq!(filled("${pg_host}:${pg_port}/${pg_database}"), "/tmp/a b:5433/books");
    }
}
