//! What happened in one interleaving.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::{Outcome, Rows};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StepOutcome {
    /// It was carried out.
    Done {
        /// Column names.
        names: Vec<String>,
        /// The rows as text; NULL is none.
        rows: Vec<Vec<Option<String>>>,
        /// The count of the command tag: rows returned or changed.
        affected: u64,
    },
    /// The server refused it.
    Refused {
        /// Five characters (manual, Appendix A).
        sqlstate: String,
        /// The primary message.
        message: String,
    },
    /// After what its session had seen before, there was nothing to do.
    Skipped,
}

impl StepOutcome {
    /// The first column of the first row, if there is one and it is not NULL.
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Self::Done { rows, .. } => rows.first()?.first()?.as_deref(),
            _ => None,
        }
    }

    /// The first column of every row, NULLs left out.
    pub fn firsts(&self) -> Vec<&str> {
        match self {
            Self::Done { rows, .. } => rows.iter().filter_map(|row| row.first()?.as_deref()).collect(),
            _ => Vec::new(),
        }
    }

    /// The SQLSTATE of a refusal.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Refused { sqlstate, .. } => Some(sqlstate),
            _ => None,
        }
    }

    /// The count of the command tag; 0 unless it was carried out.
    pub fn affected(&self) -> u64 {
        match self {
            Self::Done { affected, .. } => *affected,
            _ => 0,
        }
    }
}

impl From<Rows> for StepOutcome {
    fn from(rows: Rows) -> Self {
        let cells = rows.rows.into_iter().map(|row| row.cells).collect();
        Self::Done { names: rows.names, rows: cells, affected: rows.affected }
    }
}

impl From<Outcome> for StepOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done(rows) => rows.into(),
            Outcome::Refused(refusal) => {
                Self::Refused { sqlstate: refusal.sqlstate, message: refusal.message }
            }
        }
    }
}

/// One step as it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Performed {
    /// The session's name.
    pub session: String,
    /// The step's name.
    pub step: String,
    /// Place in the order of beginning, from 0. Steps of a blocked session begin later than the order had them.
    pub begun: usize,
    /// Place in the order of ending, from 0.
    pub ended: usize,
    /// The sessions that it was seen to wait for (`pg_blocking_pids`), in order of sighting; empty if it never waited.
    pub blocked_by: Vec<String>,
    /// How it ended.
    pub outcome: StepOutcome,
    /// How often it was tried; more than once only where it is run again after a lost race, never when it was skipped.
    pub attempts: u32,
}

/// One interleaving, played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The order that was asked for: session and step, as `A.claim`.
    pub order: Vec<String>,
    /// The steps in order of ending.
    pub steps: Vec<Performed>,
    /// What the observing statement answered at the end, before the teardown.
    pub observed: Option<StepOutcome>,
}

impl History {
    /// A step by its names.
    pub fn step(&self, session: &str, step: &str) -> Option<&Performed> {
        self.steps.iter().find(|performed| performed.session == session && performed.step == step)
    }

    /// The steps of a session in their own order.
    pub fn of<'a>(&'a self, session: &'a str) -> impl Iterator<Item = &'a Performed> {
        self.steps.iter().filter(move |performed| performed.session == session)
    }

    /// The refusals, in order of ending.
    pub fn refusals(&self) -> impl Iterator<Item = (&Performed, &str)> {
        self.steps.iter().filter_map(|performed| Some((performed, performed.outcome.sqlstate()?)))
    }

    /// Whether a step was seen to wait for another session.
    pub fn any_blocked(&self) -> bool {
        self.steps.iter().any(|performed| !performed.blocked_by.is_empty())
    }
}
