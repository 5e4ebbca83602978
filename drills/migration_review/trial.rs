//! The trial: up, down and up again, with the catalog, the rows and the locks looked at in between.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sor_gate::catalog::{DigestDiff, Follow, Snapshot};
use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::migration::reading::Running;
use sor_gate::migration::{Script, send};
use sor_gate::session::Refusal;
use sor_gate::subject::Proposal;
use tokio_postgres::Client;

use super::branch::Branch;
use super::locks::{self, Held};
use super::read::Review;

/// How one direction ended: how long it ran, or what refused it.
pub type Run = Result<Duration, Refusal>;

/// Everything that was seen. Steps after a failure were not taken.
#[derive(Default)]
pub struct Trial {
    pub tables_before: usize,
    pub rows_before: u64,
    /// Rows in each table before, by qualified name.
    pub filled: BTreeMap<String, u64>,
    pub before: Option<Snapshot>,
    pub up: Option<Run>,
    /// How the format's own check of the upgrade ended.
    pub verified: Option<Run>,
    pub after_up: Option<Snapshot>,
    pub rows_after_up: Vec<DigestDiff>,
    pub down: Option<Run>,
    pub after_down: Option<Snapshot>,
    pub rows_after_down: Vec<DigestDiff>,
    pub again: Option<Run>,
    pub after_again: Option<Snapshot>,
    /// Tables whose file the upgrade replaced.
    pub rewritten: Vec<String>,
    pub held: Held,
}

impl Trial {
    /// Whether the branch now is what the upgrade alone makes of it.
    pub fn clean(&self) -> bool {
        match (&self.up, &self.down, &self.again) {
            (Some(Ok(_)), None, None) => true,
            (Some(Ok(_)), _, Some(Ok(_))) => match (&self.after_up, &self.after_again) {
                (Some(first), Some(second)) => first.diff(second).is_empty(),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the upgrade went through.
    pub fn applied(&self) -> bool {
        matches!(self.up, Some(Ok(_)))
    }

    /// What the upgrade changed, in a few words.
    pub fn upgrade_summary(&self) -> String {
        match (&self.up, &self.before, &self.after_up) {
            (Some(Err(refusal)), ..) => format!("refused with {refusal}"),
            (_, Some(before), Some(after)) => before.diff(after).summary(),
            _ => "not tried".into(),
        }
    }

    /// The longest that a reader or writer could have waited: the whole run of the upgrade when its locks stop them.
    pub fn longest_wait_ms(&self) -> f64 {
        let run = match &self.up {
            Some(Ok(took)) => took.as_secs_f64() * 1e3,
            _ => 0.0,
        };
        self.held.longest_wait_ms(run)
    }
}

const FILES: &str = "\
    SELECT c.oid, c.oid::regclass::text, pg_relation_filenode(c.oid) FROM pg_class AS c \
    JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Runs the trial on the branch, whose catalog is `before`.
pub async fn run(
    cx: &Context,
    branch: &Branch,
    proposal: &Proposal,
    review: &Review,
    before: Snapshot,
) -> Result<Trial> {
    let admin = branch.admin();
    let migrator = branch.migrator(cx).await?;
    let rows = branch.rows().await?;
    let files = files(admin).await?;
    let mut trial = Trial {
        tables_before: rows.tables.len(),
        rows_before: rows.rows(),
        filled: rows.tables.iter().map(|table| (table.table.clone(), table.rows)).collect(),
        before: Some(before),
        ..Trial::default()
    };
    let (run, held) = locks::watched(cx, branch, &migrator, &proposal.up, review.up.running).await?;
    note(cx, "up", &run);
    trial.held = held;
    let applied = run.is_ok();
    trial.up = Some(run);
    if !applied {
        return Ok(trial);
    }
    trial.after_up = Some(branch.snapshot().await?);
    trial.rows_after_up = rows.compare(&rows.retake(admin, Follow::Identity).await?);
    let now = self::files(admin).await?;
    trial.rewritten = files
        .iter()
        .filter(|(oid, (_, file))| now.get(oid).is_some_and(|(_, later)| later != file))
        .map(|(_, (name, _))| name.clone())
        .collect();
    if let Some(verify) = &proposal.verify {
        trial.verified = Some(verified(&migrator, verify).await?);
    }
    if proposal.irreversible.is_some() {
        if proposal.repeatable {
            again(cx, branch, &migrator, proposal, review, &mut trial).await?;
        }
        return Ok(trial);
    }
    let (Some(down), Some(reading)) = (&proposal.down, &review.down) else { return Ok(trial) };
    let run = execute(cx, branch, &migrator, down, reading.running).await?;
    note(cx, "down", &run);
    let reversed = run.is_ok();
    trial.down = Some(run);
    if !reversed {
        return Ok(trial);
    }
    trial.after_down = Some(branch.snapshot().await?);
    trial.rows_after_down = rows.compare(&rows.retake(admin, Follow::Name).await?);
    again(cx, branch, &migrator, proposal, review, &mut trial).await?;
    Ok(trial)
}

async fn again(
    cx: &Context,
    branch: &Branch,
    migrator: &Client,
    proposal: &Proposal,
    review: &Review,
    trial: &mut Trial,
) -> Result<()> {
    let run = execute(cx, branch, migrator, &proposal.up, review.up.running).await?;
    note(cx, "up again", &run);
    if run.is_ok() {
        trial.after_again = Some(branch.snapshot().await?);
    }
    trial.again = Some(run);
    Ok(())
}

/// Runs the check of an upgrade, and takes back whatever it did.
async fn verified(migrator: &Client, script: &Script) -> Result<Run> {
    let started = Instant::now();
    migrator.batch_execute("BEGIN").await?;
    let outcome = migrator.batch_execute(&script.text).await;
    let run = settle(migrator, outcome, started).await?;
    if run.is_ok() {
        migrator.batch_execute("ROLLBACK").await?;
    }
    Ok(run)
}

async fn files(admin: &Client) -> Result<BTreeMap<u32, (String, Option<u32>)>> {
    let rows = admin.query(FILES, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
}

fn note(cx: &Context, step: &str, run: &Run) {
    cx.recorder.note(
        "migration",
        match run {
            Ok(took) => format!("{step}: committed after {:.1} ms", took.as_secs_f64() * 1e3),
            Err(refusal) => format!("{step}: {refusal}"),
        },
    );
}

/// Runs a script to its end in the way that it wants. A refusal by the server is an observation.
pub async fn execute(
    cx: &Context,
    branch: &Branch,
    migrator: &Client,
    script: &Script,
    running: Running,
) -> Result<Run> {
    let started = Instant::now();
    if let Some(told) = cx.migrate(branch.name(), script).await? {
        let refused = |last| Refusal {
            sqlstate: "an error of the tool".into(),
            message: last,
            table: None,
            column: None,
            constraint: None,
            context: None,
        };
        return Ok(told.map(|_| started.elapsed()).map_err(refused));
    }
    let outcome = send(migrator, script, running).await;
    settle(migrator, outcome, started).await
}

/// Turns the outcome into a run, and leaves the session outside a transaction after a refusal.
pub async fn settle(
    migrator: &Client,
    outcome: Result<(), tokio_postgres::Error>,
    started: Instant,
) -> Result<Run> {
    let Err(error) = outcome else { return Ok(Ok(started.elapsed())) };
    let Some(refusal) = error.as_db_error().map(Refusal::from) else { return Err(error.into()) };
    migrator.batch_execute("ROLLBACK").await?;
    Ok(Err(refusal))
}
