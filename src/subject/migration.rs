//! `[migration]`: the migration proposed for release.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Subject;
use crate::error::Result;
use crate::migration::{Format, MigrationSet, Script};

/// The proposed migration; it is left out of the schema that the other drills run on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// File name without `.up.sql`, for example `0007_expense_notes`.
    pub proposed: String,
    /// Name of the scratch branch (a database of its own) on which it is tried.
    pub branch: String,
    /// Objects that it may touch, as `kind identity`: `column public.expenses.notes`. A table stands for all that hangs
    /// on it; a name without a kind for everything below that name.
    pub scope: Vec<String>,
    /// What it proposes, by object: `"column public.expenses.notes" = ["type: text", "null: yes"]`. The object must be
    /// there after the upgrade with exactly these properties, printed as in the catalog difference.
    #[serde(default)]
    pub proposes: BTreeMap<String, Vec<String>>,
    /// SQL that fills the tables it touches, run by admin on the branch beforehand; the rows of `[tenancy]` by default.
    #[serde(default)]
    pub fill: Vec<String>,
    /// Longest time in milliseconds that it may keep a concurrent reader or writer waiting.
    #[serde(default = "default_lock_wait_ms")]
    pub lock_wait_ms: u64,
    /// The upgrade's text in place of the file's, as a break has rewritten it.
    #[serde(skip)]
    pub up_text: Option<String>,
    /// The downgrade's text in place of the file's.
    #[serde(skip)]
    pub down_text: Option<String>,
}

fn default_lock_wait_ms() -> u64 {
    1_000
}

/// The scripts of the proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// `0007_expense_notes`.
    pub id: String,
    /// The upgrade.
    pub up: Script,
    /// The downgrade, if there is one.
    pub down: Option<Script>,
}

impl Subject {
    /// The scripts of the proposed migration, rewritten ones first; `None` without a `[migration]`.
    ///
    /// # Errors
    /// A usage error when the files cannot be read.
    pub fn proposal(&self) -> Result<Option<Proposal>> {
        let Some(binding) = &self.migration else { return Ok(None) };
        let set = MigrationSet::read(&self.path(&self.database.migrations), Format::Paired)?;
        let (_, step) = set.proposal(Some(&binding.proposed))?;
        let mut proposal = Proposal { id: step.id(), up: step.up.clone(), down: step.down.clone() };
        if let Some(text) = &binding.up_text {
            proposal.up.text.clone_from(text);
        }
        if let (Some(text), Some(down)) = (&binding.down_text, &mut proposal.down) {
            down.text.clone_from(text);
        }
        Ok(Some(proposal))
    }
}
