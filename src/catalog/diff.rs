//! Compares two snapshots item by item, and prints the difference as a unified diff.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::snapshot::{Item, Snapshot};

/// An item that both snapshots have, with different properties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What it is.
    pub kind: String,
    /// Its qualified name.
    pub identity: String,
    /// The relation that it hangs on.
    pub parent: Option<String>,
    /// Its lines before.
    pub before: Vec<String>,
    /// Its lines after.
    pub after: Vec<String>,
}

/// What is different between two snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogDiff {
    /// Items that only the later one has.
    pub added: Vec<Item>,
    /// Items that only the earlier one has.
    pub removed: Vec<Item>,
    /// Items that both have, with different properties.
    pub changed: Vec<Change>,
}

impl CatalogDiff {
    pub(super) fn between(before: &[Item], after: &[Item]) -> Self {
        let key = |item: &Item| (item.kind.clone(), item.identity.clone());
        let mut later: BTreeMap<_, _> = after.iter().map(|item| (key(item), item)).collect();
        let mut diff = Self::default();
        for old in before {
            match later.remove(&key(old)) {
                None => diff.removed.push(old.clone()),
                Some(new) if new.lines != old.lines => diff.changed.push(Change {
                    kind: old.kind.clone(),
                    identity: old.identity.clone(),
                    parent: new.parent.clone(),
                    before: old.lines.clone(),
                    after: new.lines.clone(),
                }),
                Some(_) => {}
            }
        }
        diff.added.extend(later.into_values().cloned());
        diff
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// Every item that differs as (what happened, kind, identity, parent): for weighing against a scope.
    pub fn touched(&self) -> impl Iterator<Item = (&'static str, &str, &str, Option<&str>)> {
        fn parts<'a>(
            deed: &'static str,
            item: &'a Item,
        ) -> (&'static str, &'a str, &'a str, Option<&'a str>) {
            (deed, &item.kind, &item.identity, item.parent.as_deref())
        }
        let changed = self
            .changed
            .iter()
            .map(|change| ("changed", &*change.kind, &*change.identity, change.parent.as_deref()));
        self.added
            .iter()
            .map(|item| parts("added", item))
            .chain(self.removed.iter().map(|item| parts("removed", item)))
            .chain(changed)
    }

    /// One line: `added column public.expenses.notes; changed …`, or `no difference`.
    pub fn summary(&self) -> String {
        let parts: Vec<_> =
            self.touched().map(|(deed, kind, identity, _)| format!("{deed} {kind} {identity}")).collect();
        if parts.is_empty() { "no difference".into() } else { parts.join("; ") }
    }
}

/// The difference as a unified diff, each hunk under the heading of its item; empty when nothing differs.
pub fn unified(before: &Snapshot, after: &Snapshot) -> String {
    let diff = before.diff(after);
    let mut out = String::new();
    let mut hunk = |kind: &str, identity: &str, old: &[String], new: &[String]| {
        let block = |lines: &[String]| lines.iter().fold(String::new(), |text, line| text + line + "\n");
        let (old, new) = (block(old), block(new));
        let text = similar::TextDiff::from_lines(&old, &new).unified_diff().context_radius(2).to_string();
        // Writing to a String cannot fail.
        let _ = write!(out, "--- before: {kind} {identity}\n+++ after: {kind} {identity}\n{text}");
        if old.is_empty() && new.is_empty() {
            out.push_str("@@ no properties @@\n");
        }
    };
    for item in &diff.removed {
        hunk(&item.kind, &item.identity, &item.lines, &[]);
    }
    for item in &diff.added {
        hunk(&item.kind, &item.identity, &[], &item.lines);
    }
    for change in &diff.changed {
        hunk(&change.kind, &change.identity, &change.before, &change.after);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(identity: &str, lines: &[&str]) -> Item {
        Item {
            kind: "column".into(),
            identity: identity.into(),
            parent: Some("public.t".into()),
            lines: lines.iter().map(|&line| line.into()).collect(),
        }
    }

    #[test]
    fn sorts_differences_into_added_removed_changed() {
        let before = [item("public.t.a", &["type: integer"]), item("public.t.b", &[])];
        let after = [item("public.t.a", &["type: bigint"]), item("public.t.c", &[])];
        let diff = CatalogDiff::between(&before, &after);
        assert_eq!(
            diff.summary(),
            "added column public.t.c; removed column public.t.b; changed column public.t.a"
        );
        assert!(CatalogDiff::between(&before, &before).is_empty());
    }
}
