//! Live progress: a line per running drill on a terminal, plain lines otherwise.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use serde::Serialize;

use super::args::{Common, Format};
use super::{secrets, terminal};
use crate::context::Scenario;
use crate::events::{Event, Listener};
use crate::verdict::{Finding, Verdict};

/// Shows what runs.
pub struct Progress {
    live: Option<MultiProgress>,
    plain: bool,
    events: bool,
    running: Mutex<HashMap<String, ProgressBar>>,
}

impl Progress {
    /// Live on a terminal outside of CI; plain lines with `--verbose`; nothing with `--quiet`.
    pub fn new(common: &Common) -> Self {
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        let live = !common.no_progress && !common.quiet && !ci && std::io::stderr().is_terminal();
        let plain = !live && common.verbose && common.format == Format::Human;
        Self {
            live: live.then(MultiProgress::new),
            plain,
            events: common.format == Format::NdjsonEvents,
            running: Mutex::default(),
        }
    }

    /// Without plain lines, where the one result follows at once and would be told twice.
    #[must_use]
    pub fn of_one(self) -> Self {
        Self { plain: false, ..self }
    }

    /// Takes every line away.
    pub fn clear(&self) {
        if let Some(live) = &self.live {
            // A terminal that went away cannot be tidied.
            let _ = live.clear();
        }
    }
}

impl Listener for Progress {
    fn on(&self, event: &Event<'_>) {
        if let Event::Finished { ended, .. } = event {
            secrets::learn_ended(ended);
        }
        if self.events {
            // A reader that stopped reading misses the rest.
            let _ = terminal::print_line(&Told::from(event));
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Began { .. } => {}
            Event::Started { drill, scenario } => {
                if let Some(live) = &self.live {
                    let bar = live.add(ProgressBar::new_spinner().with_message(name(drill, *scenario)));
                    let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}");
                    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                    bar.enable_steady_tick(Duration::from_millis(80));
                    running.insert(name(drill, *scenario), bar);
                }
            }
            Event::Finished { drill, scenario, ended } => {
                if let Some(bar) = running.remove(&name(drill, *scenario)) {
                    bar.finish_and_clear();
                }
                if self.plain {
                    terminal::finished(&name(drill, *scenario), ended);
                }
            }
        }
    }
}

/// An event as one line of JSON.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Told<'a> {
    Began {
        jobs: usize,
    },
    Started {
        drill: &'a str,
        #[serde(rename = "break")]
        sabotage: Option<&'a str>,
    },
    Finished {
        drill: &'a str,
        #[serde(rename = "break")]
        sabotage: Option<&'a str>,
        verdict: Verdict,
        duration_ms: u64,
        evidence: &'a str,
        findings: &'a [Finding],
    },
}

impl<'a> From<&'a Event<'a>> for Told<'a> {
    fn from(event: &'a Event<'a>) -> Self {
        match event {
            Event::Began { jobs } => Self::Began { jobs: *jobs },
            Event::Started { drill, scenario } => Self::Started { drill, sabotage: sabotage(*scenario) },
            Event::Finished { drill, scenario, ended } => Self::Finished {
                drill,
                sabotage: sabotage(*scenario),
                verdict: ended.evidence.verdict(),
                duration_ms: u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX),
                evidence: &ended.evidence.line,
                findings: &ended.evidence.findings,
            },
        }
    }
}

fn sabotage(scenario: Scenario) -> Option<&'static str> {
    match scenario {
        Scenario::Baseline => None,
        Scenario::Sabotaged(id) => Some(id),
    }
}

fn name(drill: &str, scenario: Scenario) -> String {
    match scenario {
        Scenario::Baseline => drill.to_owned(),
        Scenario::Sabotaged(id) => format!("{drill} under {id}"),
    }
}
