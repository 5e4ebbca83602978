//! `[migration]`: the migration proposed for release; `[history]`: what is known of all of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Subject;
use crate::error::{Error, Result};
use crate::migration::{MigrationSet, Script, Sending};

/// The proposed migration; it is left out of the schema that the other drills run on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// Id of the migration, for example `0007_expense_notes`; its version, name or file does too where it is unique.
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
    #[schemars(extend("x-sql" = {"as": "admin", "form": "script"}))]
    pub fill: Vec<String>,
    /// Longest time in milliseconds that it may keep a concurrent reader or writer waiting; that of `policy.lock_wait_ms` by
    /// default.
    pub lock_wait_ms: Option<u64>,
    /// The upgrade's text in place of the file's, as a break has rewritten it.
    #[serde(skip)]
    pub up_text: Option<String>,
    /// The downgrade's text in place of the file's.
    #[serde(skip)]
    pub down_text: Option<String>,
}

/// What is known of the whole history, by id of a migration.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Migrations that cannot be taken back, each with the reason: `"0009_mood" = "enum values cannot be dropped"`.
    #[serde(default)]
    pub irreversible: BTreeMap<String, String>,
    /// SQL that fills tables once a migration is there, run by admin; the rows stay for the migrations after it. Tables
    /// that are still empty get rows made up from their columns, where their constraints allow it.
    #[serde(default)]
    pub fill: BTreeMap<String, Vec<String>>,
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
    /// The script that checks the upgrade, if the format has one.
    pub verify: Option<Script>,
    /// Why it need not be taken back, if that is declared.
    pub irreversible: Option<String>,
    /// Whether it runs again whenever its text changes.
    pub repeatable: bool,
}

impl Proposal {
    /// A migration of the history, with what `[history]` says of it.
    pub fn of(step: &crate::migration::Migration, history: Option<&History>) -> Self {
        let declared = history.and_then(|history| history.irreversible.get(&step.id())).cloned();
        let repeatable = step.repeatable.then(|| "repeatable: it runs again instead of back".to_owned());
        Self {
            id: step.id(),
            up: step.up.clone(),
            down: step.down.clone(),
            verify: step.verify.clone(),
            irreversible: declared.or(repeatable),
            repeatable: step.repeatable,
        }
    }
}

impl Subject {
    /// Longest time in milliseconds that a migration may keep others waiting: its own, that of the policy, or a second.
    pub fn lock_wait_ms(&self) -> u64 {
        let own = self.migration.as_ref().and_then(|migration| migration.lock_wait_ms);
        own.or(self.policy.lock_wait_ms).unwrap_or(1_000)
    }

    /// The history: as the tool's commands told it, else read from the folder.
    ///
    /// # Errors
    /// A usage error when the folder cannot be read in its format, or the commands have not been asked yet.
    pub fn migrations(&self) -> Result<Arc<MigrationSet>> {
        match (&self.told, &self.database.commands) {
            (Some(told), _) => Ok(Arc::clone(told)),
            (None, Some(_)) => {
                Err(Error::harness("the commands of the migration tool have not been asked yet"))
            }
            (None, None) => {
                let Some(folder) = &self.database.migrations else {
                    return Ok(Arc::new(MigrationSet::none(&self.folder)));
                };
                Ok(Arc::new(MigrationSet::read(&self.path(folder), self.database.format)?))
            }
        }
    }

    /// The folder of the migrations; that of the subject file where there are none.
    pub fn migrations_folder(&self) -> PathBuf {
        self.database.migrations.as_ref().map_or_else(|| self.folder.clone(), |folder| self.path(folder))
    }

    /// The tables of the migration tool: those of the subject file and the usual ones of the format.
    ///
    /// # Errors
    /// As [`Subject::migrations`].
    pub fn bookkeeping(&self) -> Result<Vec<String>> {
        let known = self.migrations()?.format.bookkeeping().iter().map(|&name| name.to_owned());
        Ok(self.database.bookkeeping.iter().cloned().chain(known).collect())
    }

    /// The scripts of the proposed migration, rewritten ones first; `None` without a `[migration]`.
    ///
    /// # Errors
    /// A usage error when the files cannot be read.
    pub fn proposal(&self) -> Result<Option<Proposal>> {
        let Some(binding) = &self.migration else { return Ok(None) };
        let set = self.migrations()?;
        let (_, step) = set.proposal(Some(&binding.proposed))?;
        let mut proposal = Proposal::of(step, self.history.as_ref());
        if let Some(text) = &binding.up_text {
            proposal.up.text.clone_from(text);
            proposal.up.sending = rewritten(&proposal.up.sending);
        }
        if let (Some(text), Some(down)) = (&binding.down_text, &mut proposal.down) {
            down.text.clone_from(text);
            down.sending = rewritten(&down.sending);
        }
        Ok(Some(proposal))
    }
}

/// A tool's command cannot run a text that a break has rewritten, but Postgres can.
fn rewritten(sending: &Sending) -> Sending {
    match sending {
        Sending::Command(_) => Sending::Transaction,
        other => other.clone(),
    }
}
