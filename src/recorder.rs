//! What is written down while a drill runs: statements, faults and the timeline.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::FaultEvent;
use crate::session::Outcome;
use crate::template::Bound;

/// At most so many statements are kept; the rest is counted.
const KEEP: usize = 2_000;

/// A statement that a session ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementRecord {
    /// Milliseconds since the drill began.
    pub at_ms: u64,
    /// Name of the session.
    pub session: String,
    /// Role of the session.
    pub role: String,
    /// The statement as sent.
    pub sql: String,
    /// Its parameters, as text; null is NULL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Option<String>>,
    /// `00000`, or the SQLSTATE of the refusal.
    pub sqlstate: String,
    /// The refusal's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Rows returned or changed.
    pub rows: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// A session that was seen to wait for others (`pg_blocking_pids`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitRecord {
    /// Name of the session.
    pub session: String,
    /// The sessions that it waited for, in order of sighting.
    pub blocked_by: Vec<String>,
    /// When it was first seen to wait, in milliseconds since the drill began.
    pub from_ms: u64,
    /// When its statement had ended.
    pub to_ms: u64,
}

/// Something that happened, in a lane of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineEntry {
    /// Milliseconds since the drill began.
    pub at_ms: u64,
    /// Who: `worker`, `journal`, `server`, `sink`, `session A`, …
    pub lane: String,
    /// What.
    pub what: String,
}

/// Everything written down in one run of a drill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Statements in order.
    pub statements: Vec<StatementRecord>,
    /// Statements that are not listed because there were too many.
    pub statements_omitted: u64,
    /// Who waited for whom, where sessions are stepped and watched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitRecord>,
    /// The timeline in order.
    pub timeline: Vec<TimelineEntry>,
    /// Faults that fired, with their proof.
    pub faults: Vec<FaultEvent>,
}

/// Shared by all sessions of a drill.
#[derive(Debug, Clone)]
pub struct Recorder {
    started: Instant,
    log: Arc<Mutex<Log>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { started: Instant::now(), log: Arc::default() }
    }
}

impl Recorder {
    /// Notes an event in a lane of the timeline.
    pub fn note(&self, lane: &str, what: impl Into<String>) {
        let entry = TimelineEntry { at_ms: self.at_ms(), lane: lane.into(), what: what.into() };
        self.lock().timeline.push(entry);
    }

    /// Writes down that a session waited since `from_ms` ([`Recorder::at_ms`]), and now waits no more.
    pub(crate) fn waited(&self, session: &str, blocked_by: Vec<String>, from_ms: u64) {
        let wait = WaitRecord { session: session.into(), blocked_by, from_ms, to_ms: self.at_ms() };
        let mut log = self.lock();
        if log.waits.len() < KEEP {
            log.waits.push(wait);
        }
    }

    /// Writes down faults that fired.
    pub fn faults(&self, events: impl IntoIterator<Item = FaultEvent>) {
        self.lock().faults.extend(events);
    }

    /// Takes what was written down so far.
    pub fn take(&self) -> Log {
        std::mem::take(&mut *self.lock())
    }

    pub(crate) fn statement(
        &self,
        session: &str,
        role: &str,
        bound: &Bound,
        outcome: &Outcome,
        took: Duration,
    ) {
        let refusal = outcome.refusal();
        self.push(StatementRecord {
            at_ms: self.at_ms(),
            session: session.into(),
            role: role.into(),
            sql: bound.sql.clone(),
            params: bound.params.clone(),
            sqlstate: refusal.map_or_else(|| "00000".into(), |refusal| refusal.sqlstate.clone()),
            message: refusal.map(|refusal| refusal.message.clone()),
            rows: outcome.rows().map_or(0, |rows| rows.affected),
            took_us: micros(took),
        });
    }

    pub(crate) fn script(&self, session: &str, role: &str, script: &str, took: Duration) {
        self.push(StatementRecord {
            at_ms: self.at_ms(),
            session: session.into(),
            role: role.into(),
            sql: script.into(),
            params: Vec::new(),
            sqlstate: "00000".into(),
            message: None,
            rows: 0,
            took_us: micros(took),
        });
    }

    fn push(&self, statement: StatementRecord) {
        let mut log = self.lock();
        if log.statements.len() < KEEP {
            log.statements.push(statement);
        } else {
            log.statements_omitted += 1;
        }
    }

    /// Milliseconds since the drill began.
    pub(crate) fn at_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
