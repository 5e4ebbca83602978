//! Digests of the rows of every table, so that "nothing was lost or rewritten" can be told without a copy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::snapshot::FIXED_SETTINGS;
use crate::error::{Error, Result};

/// How tables and columns are found again after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// By object id and attribute number: a rename is followed, a column dropped and added again is another one.
    Identity,
    /// By name: what a reader of the table sees.
    Name,
}

/// One table's rows in short, independent of their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableDigest {
    /// Qualified and quoted.
    pub table: String,
    /// The table's object id.
    pub oid: u32,
    /// Name and attribute number of each column that went in, by name.
    pub columns: Vec<(String, i16)>,
    /// Number of rows.
    pub rows: u64,
    /// Of whole rows: sums of the two halves of each row's md5, in hexadecimal and decimal text.
    pub digest: String,
    /// Of each column on its own, in the order of `columns`: says which one differs.
    pub by_column: Vec<String>,
}

/// Digests of every ordinary table (leaf partitions included; not foreign or temporary tables, not views).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableDigests {
    /// In the order of their names.
    pub tables: Vec<TableDigest>,
}

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DigestDiff {
    /// The table, by its earlier name.
    pub table: String,
    /// What happened: `the table is gone`, `3 rows became 2`, `column notes differs`.
    pub what: String,
}

const LIST: &str = "\
    SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attnum, a.attname, quote_ident(a.attname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 2, 4";

/// A table as it stands now.
struct Standing {
    name: String,
    /// attribute number → (name, quoted name)
    columns: BTreeMap<i16, (String, String)>,
}

impl TableDigests {
    /// Digests every table over all its columns. Two round trips. Call it outside a transaction.
    ///
    /// # Errors
    /// `Harness` when a query fails, also when row-level security would hide rows from this role.
    pub async fn take(client: &Client) -> Result<Self> {
        let wanted = standing(client)
            .await?
            .into_iter()
            .map(|(oid, table)| {
                let columns =
                    table.columns.into_iter().map(|(num, (name, quoted))| (name, num, Some(quoted)));
                (table.name.clone(), oid, Some(table.name), sorted(columns.collect()))
            })
            .collect();
        digest(client, wanted).await
    }

    /// Digests the same tables over the same columns once more, found again as `follow` says. A table or column
    /// that is gone is left out of the answer; [`TableDigests::compare`] then says so.
    ///
    /// # Errors
    /// As [`TableDigests::take`].
    pub async fn retake(&self, client: &Client, follow: Follow) -> Result<Self> {
        let now = standing(client).await?;
        let mut wanted = Vec::new();
        for before in &self.tables {
            let found = match follow {
                Follow::Identity => now.get(&before.oid).map(|table| (before.oid, table)),
                Follow::Name => {
                    now.iter().find(|(_, table)| table.name == before.table).map(|(&oid, table)| (oid, table))
                }
            };
            let Some((oid, table)) = found else { continue };
            let columns = before.columns.iter().filter_map(|(name, num)| {
                let quoted = match follow {
                    Follow::Identity => table.columns.get(num).map(|(_, quoted)| quoted.clone()),
                    Follow::Name => {
                        table.columns.values().find(|(now, _)| now == name).map(|(_, quoted)| quoted.clone())
                    }
                };
                quoted.map(|quoted| (name.clone(), *num, Some(quoted)))
            });
            wanted.push((before.table.clone(), oid, Some(table.name.clone()), columns.collect()));
        }
        digest(client, wanted).await
    }

    /// What `after` (from [`TableDigests::retake`]) has lost or changed; empty when every row is the same bytes.
    pub fn compare(&self, after: &TableDigests) -> Vec<DigestDiff> {
        let mut found = Vec::new();
        for before in &self.tables {
            let mut say = |what: String| found.push(DigestDiff { table: before.table.clone(), what });
            let Some(after) = after.tables.iter().find(|table| table.table == before.table) else {
                say(format!("the table is gone, with its {} rows", before.rows));
                continue;
            };
            if after.rows != before.rows {
                say(format!("{} rows became {}", before.rows, after.rows));
            }
            let mut explained = after.rows != before.rows;
            for (place, (column, _)) in before.columns.iter().enumerate() {
                match after.columns.iter().position(|(name, _)| name == column) {
                    None => {
                        explained = true;
                        say(format!("column {column} is gone"));
                    }
                    Some(now)
                        if before.rows == after.rows && after.by_column[now] != before.by_column[place] =>
                    {
                        explained = true;
                        say(format!("column {column} holds other values"));
                    }
                    Some(_) => {}
                }
            }
            if !explained && after.digest != before.digest {
                say("the same values stand in other rows".into());
            }
        }
        found
    }

    /// The same without these tables: a migration tool's own bookkeeping.
    #[must_use]
    pub fn without(mut self, tables: &[String]) -> Self {
        self.tables.retain(|table| !tables.contains(&table.table));
        self
    }

    /// Rows in all tables together.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

type Wanted = (String, u32, Option<String>, Vec<(String, i16, Option<String>)>);

fn sorted(mut columns: Vec<(String, i16, Option<String>)>) -> Vec<(String, i16, Option<String>)> {
    columns.sort();
    columns
}

async fn standing(client: &Client) -> Result<BTreeMap<u32, Standing>> {
    let batch = format!("{FIXED_SETTINGS} {LIST}");
    let mut tables: BTreeMap<u32, Standing> = BTreeMap::new();
    for row in rows(client, &batch).await? {
        let table = tables
            .entry(number(&row, 0)?)
            .or_insert_with(|| Standing { name: text(&row, 1), columns: BTreeMap::new() });
        if row.get(2).is_some() {
            table.columns.insert(number(&row, 2)?, (text(&row, 3), text(&row, 4)));
        }
    }
    Ok(tables)
}

async fn digest(client: &Client, wanted: Vec<Wanted>) -> Result<TableDigests> {
    let mut selects = Vec::new();
    for (place, (_, _, now, columns)) in wanted.iter().enumerate() {
        let names: Vec<_> = columns.iter().filter_map(|(_, _, quoted)| quoted.clone()).collect();
        let sums: String = names
            .iter()
            .map(|name| {
                format!(
                    ", coalesce(sum(hashtextextended(t.{name}::text, 0)), 0)::text || '/' || count(t.{name})"
                )
            })
            .collect();
        let row = names.iter().map(|name| format!("t.{name}")).collect::<Vec<_>>().join(", ");
        selects.push(format!(
            "SELECT {place}, count(*), coalesce(sum(('x' || left(h, 15))::bit(60)::bigint), 0) || ':' \
             || coalesce(sum(('x' || right(h, 15))::bit(60)::bigint), 0), ARRAY[''{sums}]::text \
             FROM ONLY {} t, LATERAL (SELECT md5(ROW({row})::text) AS h) d",
            now.as_deref().unwrap_or_default()
        ));
    }
    let mut digests = TableDigests::default();
    if selects.is_empty() {
        return Ok(digests);
    }
    let batch = format!("{FIXED_SETTINGS} {}", selects.join("\nUNION ALL "));
    let mut found: BTreeMap<usize, SimpleQueryRow> = BTreeMap::new();
    for row in rows(client, &batch).await? {
        found.insert(number(&row, 0)?, row);
    }
    for (place, (table, oid, _, columns)) in wanted.into_iter().enumerate() {
        let row = found.get(&place).ok_or_else(|| Error::harness("a table digest is missing").at(&table))?;
        let by_column = text(row, 3);
        digests.tables.push(TableDigest {
            table,
            oid,
            columns: columns.into_iter().map(|(name, num, _)| (name, num)).collect(),
            rows: number(row, 1)?,
            digest: text(row, 2),
            by_column: by_column.trim_matches(['{', '}']).split(',').skip(1).map(Into::into).collect(),
        });
    }
    Ok(digests)
}

async fn rows(client: &Client, batch: &str) -> Result<Vec<SimpleQueryRow>> {
    let messages = client
        .simple_query(batch)
        .await
        .map_err(|error| Error::from(error).during("reading the rows for a digest"))?;
    Ok(messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect())
}

fn text(row: &SimpleQueryRow, column: usize) -> String {
    row.get(column).unwrap_or_default().into()
}

fn number<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Result<T> {
    text(row, column)
        .parse()
        .map_err(|_| Error::harness(format!("expected a number in a digest, got `{}`", text(row, column))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: u64, columns: &[(&str, &str)]) -> TableDigests {
        TableDigests {
            tables: vec![TableDigest {
                table: "public.t".into(),
                oid: 1,
                columns: columns.iter().map(|(name, _)| ((*name).into(), 1)).collect(),
                rows,
                digest: format!("{rows}{columns:?}"),
                by_column: columns.iter().map(|(_, digest)| (*digest).into()).collect(),
            }],
        }
    }

    #[test]
    fn says_which_column_differs() {
        let before = table(3, &[("a", "1"), ("b", "2")]);
        assert!(before.compare(&before).is_empty());
        let what = |after: &TableDigests| {
            before.compare(after).into_iter().map(|diff| diff.what).collect::<Vec<_>>()
        };
        assert_eq!(what(&table(3, &[("a", "1"), ("b", "9")])), ["column b holds other values"]);
        assert_eq!(what(&table(3, &[("a", "1")])), ["column b is gone"]);
        assert_eq!(what(&table(2, &[("a", "1"), ("b", "7")])), ["3 rows became 2"]);
        assert_eq!(what(&TableDigests::default()), ["the table is gone, with its 3 rows"]);
    }
}
