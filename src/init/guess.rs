//! Guesses from the shape of tables. Pure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::facts::{Column, Table};

/// `current_setting('app.tenant'` in a policy.
static SETTING: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"current_setting\('([^']+)'").ok());

/// How tenants are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenants {
    /// The setting that the policies read.
    pub setting: String,
    /// The column that they compare it with.
    pub column: String,
    /// Its type.
    pub kind: String,
}

/// The role with rights to write into the most tables.
pub fn worker(tables: &[Table]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for grant in tables.iter().flat_map(|table| &table.grants) {
        if ["INSERT", "UPDATE"].contains(&grant.privilege.as_str()) {
            *counts.entry(&grant.role).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(role, _)| role.to_owned())
}

/// The setting and the column that most policies speak of.
pub fn tenants(tables: &[Table]) -> Option<Tenants> {
    let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for table in tables {
        for policy in &table.policies {
            let Some(setting) = SETTING.as_ref().and_then(|regex| regex.captures(policy)) else { continue };
            let compared = table.columns.iter().find(|column| mentions(policy, &column.name));
            if let Some(Column { name, kind, .. }) = compared {
                *counts.entry((setting[1].to_owned(), name.clone(), kind.clone())).or_default() += 1;
            }
        }
    }
    let ((setting, column, kind), _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(Tenants { setting, column, kind })
}

fn mentions(expression: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
    expression.match_indices(name).any(|(at, _)| {
        let before = expression[..at].chars().next_back();
        let after = expression[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The tenants' table whose rows are easiest to make: few columns to fill, few that refer to others.
pub fn rows_table<'t>(tables: &'t [Table], tenants: &Tenants, worker: &str) -> Option<&'t Table> {
    let fits = |table: &&Table| {
        table.columns.iter().any(|column| column.name == tenants.column)
            && !table.policies.is_empty()
            && table.lets(worker, "INSERT")
            && table.lets(worker, "SELECT")
    };
    tables.iter().filter(fits).min_by_key(|table| {
        let required = table.columns.iter().filter(|column| column.required).count();
        let refers =
            table.columns.iter().filter(|column| column.required && table.refers.contains(&column.name));
        (refers.count(), required)
    })
}

/// A table with a unique index over a column that looks like an idempotency key, and that column.
pub fn keyed<'t>(tables: &'t [Table], worker: &str) -> Option<(&'t Table, &'t Column, &'t [String])> {
    const WORDS: [&str; 5] = ["idempoten", "dedup", "request_id", "external_id", "key"];
    let mut found: Option<(usize, &Table, &Column, &[String])> = None;
    for table in tables.iter().filter(|table| table.lets(worker, "INSERT") && table.lets(worker, "SELECT")) {
        for unique in &table.unique_over {
            for (rank, word) in WORDS.iter().enumerate() {
                let column = table.columns.iter().find(|column| {
                    unique.contains(&column.name)
                        && column.name.to_lowercase().contains(word)
                        && (column.kind == "text" || column.kind == "uuid" || column.kind.starts_with("char"))
                });
                if let Some(column) = column
                    && found.as_ref().is_none_or(|(best, ..)| rank < *best)
                {
                    found = Some((rank, table, column, unique.as_slice()));
                }
            }
        }
    }
    found.map(|(_, table, column, unique)| (table, column, unique))
}

/// Tables of a certain shape, by name or by columns.
pub fn shaped(tables: &[Table], names: &[&str], columns: &[&[&str]]) -> Vec<String> {
    let fits = |table: &&Table| {
        let own = table.name.to_lowercase();
        names.iter().any(|name| own.contains(name)) && columns.iter().all(|parts| table.like(parts).is_some())
    };
    tables.iter().filter(fits).map(|table| table.name.clone()).collect()
}

/// An INSERT that fills what must be filled; the value of a column where `fixed` has one. The second part names the
/// columns that refer to other tables, whose values nobody can guess.
pub fn insert(table: &Table, fixed: &[(&str, String)]) -> (String, Vec<String>) {
    let (mut names, mut values, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for column in &table.columns {
        let own = fixed.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone());
        let value = match own {
            Some(value) => value,
            None if column.required => {
                if table.refers.contains(&column.name) {
                    open.push(column.name.clone());
                }
                value(column)
            }
            None => continue,
        };
        names.push(column.name.clone());
        values.push(value);
    }
    (format!("INSERT INTO {} ({})\nVALUES ({})", table.name, names.join(", "), values.join(", ")), open)
}

/// Some valid value of a type.
fn value(column: &Column) -> String {
    let kind = column.kind.as_str();
    let numeric = ["smallint", "integer", "bigint", "numeric", "real", "double"];
    match kind {
        _ if column.label.is_some() => {
            format!("'{}'", column.label.as_deref().unwrap_or_default().replace('\'', "''"))
        }
        "text" | "citext" => format!("'{} of sor-gate'", column.name.replace(['"', '\''], "")),
        "uuid" => "gen_random_uuid()".into(),
        "boolean" => "false".into(),
        "json" | "jsonb" => "'{}'".into(),
        "bytea" => "''".into(),
        "date" => "current_date".into(),
        _ if kind.starts_with("char") => "'x'".into(),
        _ if kind.starts_with("timestamp") => "now()".into(),
        _ if kind.ends_with("[]") => "'{}'".into(),
        _ if numeric.iter().any(|name| kind.starts_with(name)) => "1".into(),
        other => format!("NULL::{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(policy: &str) -> Table {
        let column = |name: &str, kind: &str, required| Column {
            name: name.into(),
            kind: kind.into(),
            required,
            label: None,
        };
        Table {
            name: "app.\"Buchungen\"".into(),
            columns: vec![
                column("id", "bigint", false),
                column("\"Mandant\"", "uuid", true),
                column("request_key", "text", true),
                column("kind", "mood", true),
            ],
            unique_over: vec![vec!["id".into()], vec!["\"Mandant\"".into(), "request_key".into()]],
            policies: vec![policy.into()],
            refers: Vec::new(),
            grants: vec![
                super::super::facts::Grant { role: "app".into(), privilege: "INSERT".into() },
                super::super::facts::Grant { role: "app".into(), privilege: "SELECT".into() },
            ],
            owner: "boss".into(),
        }
    }

    #[test]
    fn policies_tell_the_setting_and_the_column() {
        let tables = [table("(\"Mandant\" = (current_setting('app.mandant'::text, true))::uuid)")];
        let found = tenants(&tables).unwrap();
        assert_eq!((found.setting.as_str(), found.column.as_str()), ("app.mandant", "\"Mandant\""));
        assert_eq!(worker(&tables).as_deref(), Some("app"));
        assert_eq!(keyed(&tables, "app").unwrap().1.name, "request_key");
        assert!(tenants(&[table("true")]).is_none());
    }

    #[test]
    fn an_insert_fills_what_must_be_filled() {
        let (sql, open) = insert(&table(""), &[("request_key", "${key}".into())]);
        assert_eq!(
            sql,
            "INSERT INTO app.\"Buchungen\" (\"Mandant\", request_key, kind)\n\
             VALUES (gen_random_uuid(), ${key}, NULL::mood)"
        );
        assert!(open.is_empty());
    }
}
