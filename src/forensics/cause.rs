//! Why a run failed, told from the case file alone.

use schemars::JsonSchema;
use serde::Serialize;

use super::case::{Call, CaseFile};
use crate::subject::FailureKind;

/// Why a run is not what it should be. It is serialised as its [`CauseWord`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "CauseWord")]
pub enum Cause {
    /// Nothing is wrong.
    Nothing,
    /// A known kind of failure, in one sentence that names the failing call.
    Known(FailureKind, String),
    /// The run still goes on.
    StillRunning,
    /// Something is wrong, and nothing in the database tells what.
    Untold,
}

/// A cause in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseWord {
    /// A tool said no by its own rules.
    ToolError,
    /// The Worker died in mid-turn.
    KilledWorker,
    /// A message that the receiver refuses each time.
    PoisonOutbox,
    /// The database said no.
    RefusedWrite,
    /// Nothing is wrong.
    Nothing,
    /// The run still goes on.
    StillRunning,
    /// Something is wrong, and nothing in the database tells what.
    Untold,
}

impl From<Cause> for CauseWord {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Known(FailureKind::ToolError, _) => Self::ToolError,
            Cause::Known(FailureKind::KilledWorker, _) => Self::KilledWorker,
            Cause::Known(FailureKind::PoisonOutbox, _) => Self::PoisonOutbox,
            Cause::Known(FailureKind::RefusedWrite, _) => Self::RefusedWrite,
            Cause::Nothing => Self::Nothing,
            Cause::StillRunning => Self::StillRunning,
            Cause::Untold => Self::Untold,
        }
    }
}

/// A call that failed outranks a turn that never came back, which outranks a message that is not delivered.
pub(super) fn cause(case: &CaseFile) -> Cause {
    let Some(run) = &case.run else { return Cause::Untold };
    let failed = case.calls.iter().rfind(|call| call.error.is_some());
    if let Some((call, error)) = failed.and_then(|call| Some((call, call.error.as_deref()?))) {
        return refused(call, &one_line(error));
    }
    if run.status == "failed" {
        return Cause::Untold;
    }
    if run.status == "running" && run.abandoned {
        return match case.calls.iter().rfind(|call| call.status == "open") {
            Some(call) => Cause::Known(
                FailureKind::KilledWorker,
                format!(
                    "Turn {} called {} and never came back: {} died in it.",
                    call.ordinal, call.tool, run.worker
                ),
            ),
            None => Cause::Untold,
        };
    }
    let stuck = case.messages.iter().filter(|group| group.status != "dispatched" && group.attempts > 0);
    if let Some(group) = stuck.max_by_key(|group| group.status == "dead") {
        return match &group.last_error {
            Some(error) => Cause::Known(
                FailureKind::PoisonOutbox,
                format!(
                    "The delivery of {} failed {} times and the message is {}: {}.",
                    group.what,
                    group.attempts,
                    group.status,
                    one_line(error)
                ),
            ),
            None => Cause::Untold,
        };
    }
    if run.status == "running" { Cause::StillRunning } else { Cause::Nothing }
}

fn refused(call: &Call, error: &str) -> Cause {
    let (kind, who) = match &call.sqlstate {
        Some(_) => (FailureKind::RefusedWrite, "the database"),
        None => (FailureKind::ToolError, "the tool"),
    };
    Cause::Known(kind, format!("Turn {} called {}, and {who} refused it: {error}.", call.ordinal, call.tool))
}

/// One line, without the full stop that the sentence will have.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}
