//! The report of six lines, told from the case file alone.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::case::{CaseFile, Messages, Run};
use super::cause::{Cause, CauseWord, cause};
use crate::subject::FailureKind;

/// What an engineer at night wants to know, a line each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Who and how it ended.
    pub run: Option<String>,
    /// From the first event to the last.
    pub timeline: Option<String>,
    /// The last turn that is done.
    pub last_good_step: Option<String>,
    /// What was promised to the outside and is not delivered.
    pub side_effects_outstanding: Option<String>,
    /// Why, in one sentence.
    pub root_cause: Option<String>,
    /// What to do.
    pub next_action: Option<String>,
    /// The cause in one word.
    #[schemars(with = "CauseWord")]
    pub cause: Cause,
}

impl Report {
    /// Writes the report. A line that the case file does not bear out stays empty.
    pub fn of(case: &CaseFile) -> Self {
        let cause = cause(case);
        let done = case.calls.iter().rfind(|call| call.status == "done");
        Self {
            run: case.run.as_ref().map(told),
            timeline: timeline(case),
            last_good_step: match (done, case.calls.is_empty()) {
                (Some(done), _) => Some(format!("turn {}, {}", done.ordinal, done.tool)),
                (None, false) => Some("none: no turn is done".into()),
                (None, true) => None,
            },
            side_effects_outstanding: case.run.as_ref().map(|_| outstanding(&case.messages)),
            root_cause: sentence(&cause),
            next_action: next(&cause, case),
            cause,
        }
    }

    /// The six lines with their titles.
    pub fn lines(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("Run", self.run.as_deref()),
            ("Timeline", self.timeline.as_deref()),
            ("Last good step", self.last_good_step.as_deref()),
            ("Side effects outstanding", self.side_effects_outstanding.as_deref()),
            ("Root cause", self.root_cause.as_deref()),
            ("Recommended next action", self.next_action.as_deref()),
        ]
    }

    /// The titles of the lines that could not be filled.
    pub fn missing(&self) -> Vec<&'static str> {
        self.lines().iter().filter(|(_, line)| line.is_none()).map(|(title, _)| *title).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, line) in self.lines() {
            writeln!(f, "{title}: {}", line.unwrap_or("(cannot be told)"))?;
        }
        Ok(())
    }
}

fn told(run: &Run) -> String {
    let end = match (run.status.as_str(), run.finished_at.as_str()) {
        ("running", _) if run.abandoned => "unfinished, and nobody holds it".to_owned(),
        ("running", _) => "still running".to_owned(),
        (status, at) => format!("{status} at {at}"),
    };
    format!("{} of {}, started at {}, {end}", run.id, run.worker, run.started_at)
}

fn timeline(case: &CaseFile) -> Option<String> {
    let (first, last) = (case.events.first()?, case.events.last()?);
    let step = |event: &super::case::Event| format!("{} {}", event.at, event.kind);
    if case.events.len() == 1 {
        return Some(step(first));
    }
    Some(format!("{} … {} ({} events)", step(first), step(last), case.events.len()))
}

fn outstanding(messages: &[Messages]) -> String {
    let open = messages.iter().filter(|group| group.status != "dispatched" && group.count > 0);
    let told = |group: &Messages| format!("{} {} ({})", group.count, group.status, group.what);
    let parts: Vec<String> = open.map(told).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

fn sentence(cause: &Cause) -> Option<String> {
    match cause {
        Cause::Nothing => Some("None: the run is complete.".into()),
        Cause::StillRunning => Some("None: the run is held by a Worker and goes on.".into()),
        Cause::Known(_, sentence) => Some(sentence.clone()),
        Cause::Untold => None,
    }
}

fn next(cause: &Cause, case: &CaseFile) -> Option<String> {
    let open = || case.calls.iter().rfind(|call| call.status == "open");
    Some(match cause {
        Cause::Nothing => "Nothing to do.".into(),
        Cause::StillRunning => "Wait for its Worker, or for its lease to run out.".into(),
        Cause::Untold => return None,
        Cause::Known(FailureKind::ToolError, _) => {
            "Correct what the tool refused, and start a new run; this one wrote nothing in the failed turn.".into()
        }
        Cause::Known(FailureKind::RefusedWrite, _) => {
            "Correct the rows that the database would not take beside, and start a new run; nothing of the failed turn \
             was written."
                .into()
        }
        Cause::Known(FailureKind::KilledWorker, _) => {
            let turn = open().map_or("the open turn", |call| &call.ordinal);
            format!("Start a Worker on the run; it resumes at turn {turn}.")
        }
        Cause::Known(FailureKind::PoisonOutbox, _) => {
            "Correct the message or its receiver, set it to pending, and let the relay send it again.".into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forensics::{Call, Event};

    fn case(status: &str, abandoned: bool) -> CaseFile {
        let run =
            Run { id: "R".into(), worker: "W".into(), status: status.into(), abandoned, ..Run::default() };
        let done =
            Call { ordinal: "1".into(), tool: "read".into(), status: "done".into(), ..Call::default() };
        let event = |kind: &str| Event { at: "t".into(), kind: kind.into(), text: String::new() };
        let events = vec![event("begun"), event("ended")];
        CaseFile { run: Some(run), calls: vec![done], events, ..CaseFile::default() }
    }

    fn call(status: &str, sqlstate: Option<&str>, error: Option<&str>) -> Call {
        Call {
            ordinal: "2".into(),
            tool: "write".into(),
            status: status.into(),
            called: true,
            sqlstate: sqlstate.map(Into::into),
            error: error.map(Into::into),
        }
    }

    fn kind(case: &CaseFile) -> Option<FailureKind> {
        match cause(case) {
            Cause::Known(kind, _) => Some(kind),
            _ => None,
        }
    }

    #[test]
    fn each_kind_of_failure_is_told_by_its_own_traces() {
        let mut refused = case("failed", false);
        refused.calls.push(call("failed", Some("23505"), Some("23505: duplicate\nkey.")));
        let report = Report::of(&refused);
        assert_eq!(
            report.root_cause.as_deref(),
            Some("Turn 2 called write, and the database refused it: 23505: duplicate key.")
        );
        assert!(report.missing().is_empty());
        let mut tool = case("failed", false);
        tool.calls.push(call("failed", None, Some("key holds another expense")));
        assert_eq!(kind(&tool), Some(FailureKind::ToolError));
        let mut killed = case("running", true);
        killed.calls.push(call("open", None, None));
        assert_eq!(kind(&killed), Some(FailureKind::KilledWorker));
        assert!(Report::of(&killed).next_action.unwrap().ends_with("turn 2."));
        let mut poison = case("complete", false);
        poison.messages.push(Messages {
            status: "dead".into(),
            count: 1,
            what: "booked R:4".into(),
            attempts: 5,
            last_error: Some("500".into()),
        });
        assert_eq!(kind(&poison), Some(FailureKind::PoisonOutbox));
    }

    #[test]
    fn what_nothing_tells_stays_empty() {
        let mut silent = case("failed", false);
        silent.calls.push(call("failed", Some("23505"), None));
        assert_eq!(Report::of(&silent).missing(), ["Root cause", "Recommended next action"]);
        assert_eq!(Report::of(&CaseFile::default()).missing().len(), 6);
        assert_eq!(cause(&case("running", false)), Cause::StillRunning);
        assert_eq!(cause(&case("complete", false)), Cause::Nothing);
    }
}
