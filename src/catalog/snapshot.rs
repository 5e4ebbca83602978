//! Takes the catalog snapshot: one batch of statements, one round trip.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::diff::CatalogDiff;
use crate::error::Result;

/// One thing in the catalog, as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// What it is: `table`, `column`, `grants`, `policy` …
    pub kind: String,
    /// Its qualified name, quoted where SQL needs it: `public.expenses.notes`.
    pub identity: String,
    /// The relation that it hangs on; a relation is its own parent.
    pub parent: Option<String>,
    /// Its properties, a line each.
    pub lines: Vec<String>,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.identity)
    }
}

/// Everything the catalog says, in one canonical order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    items: Vec<Item>,
}

/// Printing depends on these; they hold for the batch only. Postgres runs a batch in one implicit transaction,
/// in which `SET LOCAL` counts (manual, 55.2.2.1 Multiple Statements in a Simple Query).
pub(super) const FIXED_SETTINGS: &str = "\
    SET LOCAL search_path = pg_catalog; SET LOCAL quote_all_identifiers = off; SET LOCAL timezone = 'UTC';\
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex';\
    SET LOCAL extra_float_digits = 1; SET LOCAL jit = off; SET LOCAL row_security = off;";

const QUERY: &str = concat!(
    include_str!("sql/prelude.sql"),
    include_str!("sql/grants.sql"),
    include_str!("sql/grants_select.sql"),
    "UNION ALL\n",
    include_str!("sql/relations.sql"),
    "UNION ALL\n",
    include_str!("sql/rules.sql"),
    "UNION ALL\n",
    include_str!("sql/routines.sql"),
    "UNION ALL\n",
    include_str!("sql/database.sql"),
    "UNION ALL\n",
    include_str!("sql/comments.sql"),
);

/// Takes many snapshots over one session: the query, which takes longer to plan than to run on a small catalog, is
/// planned once.
#[derive(Debug, Default)]
pub struct Reader {
    prepared: AtomicBool,
}

impl Reader {
    /// As [`Snapshot::take`], always with the same client.
    ///
    /// # Errors
    /// As [`Snapshot::take`].
    pub async fn take(&self, client: &Client) -> Result<Snapshot> {
        const NAME: &str = "sor_gate_catalog";
        let execute = format!("EXECUTE {NAME}");
        let batch = if self.prepared.load(Ordering::Relaxed) {
            format!("{FIXED_SETTINGS}\n{execute}")
        } else {
            format!("{FIXED_SETTINGS}\nPREPARE {NAME} AS {QUERY};\n{execute}")
        };
        let snapshot = Snapshot::by(client, &batch).await?;
        self.prepared.store(true, Ordering::Relaxed);
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Reads the catalog of the database that `client` is connected to (Postgres 15 or newer).
    ///
    /// Call it outside a transaction: inside one, the fixed settings would hold until its end.
    ///
    /// # Errors
    /// `Harness` when the connection or the query fails.
    pub async fn take(client: &Client) -> Result<Self> {
        Self::by(client, &format!("{FIXED_SETTINGS}\n{QUERY}")).await
    }

    async fn by(client: &Client, batch: &str) -> Result<Self> {
        let rows = client
            .simple_query(batch)
            .await
            .map_err(|error| crate::error::Error::from(error).during("reading the catalog for a snapshot"))?;
        Ok(Self::from_rows(rows.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(Item {
                kind: row.get(0).unwrap_or_default().into(),
                identity: row.get(1).unwrap_or_default().into(),
                parent: row.get(2).map(Into::into),
                lines: row.get(3).unwrap_or_default().lines().map(Into::into).collect(),
            }),
            _ => None,
        })))
    }

    /// Sorts, and numbers items that share a name once made-up numbers are gone, so that none hides another.
    fn from_rows(rows: impl Iterator<Item = Item>) -> Self {
        let mut items: Vec<Item> = rows.collect();
        items.sort();
        let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
        for item in &mut items {
            let count = seen.entry((item.kind.clone(), item.identity.clone())).or_default();
            *count += 1;
            if *count > 1 {
                item.identity = format!("{} (number {count} of this name)", item.identity);
            }
        }
        items.sort();
        Self { items }
    }

    /// The items, sorted by kind and identity.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// One item.
    pub fn get(&self, kind: &str, identity: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.kind == kind && item.identity == identity)
    }

    /// The same snapshot without these relations and all that hangs on them: a migration tool's own bookkeeping.
    /// Names are qualified as in [`Item::identity`].
    #[must_use]
    pub fn without(mut self, relations: &[String]) -> Self {
        self.items.retain(|item| {
            !item.parent.as_ref().is_some_and(|parent| relations.contains(parent))
                && !relations.iter().any(|name| {
                    item.kind == "comment" && item.identity.split(' ').next_back() == Some(name.as_str())
                })
        });
        self
    }

    /// What is different in `after`.
    pub fn diff(&self, after: &Snapshot) -> CatalogDiff {
        CatalogDiff::between(&self.items, &after.items)
    }

    /// The whole snapshot as text: a heading per item, its lines indented.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for item in &self.items {
            text.push_str(&format!("{item}\n"));
            for line in &item.lines {
                text.push_str(&format!("    {line}\n"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &str, identity: &str, line: &str) -> Item {
        Item {
            kind: kind.into(),
            identity: identity.into(),
            parent: Some("public.t".into()),
            lines: vec![line.into()],
        }
    }

    #[test]
    fn two_of_one_name_are_both_kept() {
        let snapshot = Snapshot::from_rows(
            [item("index", "public.t_a_idx", "b"), item("index", "public.t_a_idx", "a")].into_iter(),
        );
        let names: Vec<_> = snapshot.items().iter().map(|item| item.identity.as_str()).collect();
        assert_eq!(names, ["public.t_a_idx", "public.t_a_idx (number 2 of this name)"]);
        assert_eq!(snapshot.items()[0].lines, ["a"]);
    }

    #[test]
    fn bookkeeping_is_left_out_with_all_that_hangs_on_it() {
        let snapshot = Snapshot::from_rows([item("column", "public.t.a", "type: int")].into_iter());
        assert!(snapshot.without(&["public.t".into()]).items().is_empty());
    }
}
