//! The runs of an evidence folder beside each other: how each drill ended, and which turned red or cannot make up its mind.

mod marks;

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::record::{self, Head, RECORD_FILE};
use crate::report::folder::EvidenceFolder;
use crate::verdict::Verdict;

/// All runs of a folder, the newest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct History {
    /// Those that can be read.
    pub runs: Vec<Run>,
    /// Those that cannot.
    pub damaged: Vec<Damaged>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Run {
    /// Its id.
    pub run_id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The commit of the subjects; null when it is unknown, or when they are of several.
    pub commit: Option<String>,
    /// Whether the files were those of the commit; null when that is not known.
    pub clean: Option<bool>,
    /// `PERMITTED` or `BLOCKED`.
    pub decision: String,
    /// The break under which the subject was run on purpose, as `drill.break`; such a run is compared with no other.
    pub sabotage: Option<String>,
    /// How its drills ended.
    pub drills: Vec<Ended>,
}

/// How a drill ended in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ended {
    /// Id of the drill.
    pub id: String,
    /// The worst of its findings.
    pub verdict: Verdict,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// It did not pass, and had passed in the run before.
    pub newly_red: bool,
    /// It did not pass, and did in another run of the same gate on the same files.
    pub flaky: bool,
}

/// A run that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Damaged {
    /// Its id.
    pub run_id: String,
    /// What is wrong with it.
    pub why: String,
}

/// Reads the heads of all runs of a folder. Whether the evidence is whole is not asked; `verify` tells that.
///
/// # Errors
/// A usage error when there are no runs.
pub fn history(root: &Path) -> Result<History> {
    let folder = EvidenceFolder::new(root);
    let ids = folder.ids();
    if ids.is_empty() {
        return Err(Error::usage("there are no runs")
            .at(root.display())
            .fix("name the folder that holds `runs`"));
    }
    let (mut heads, mut damaged) = (Vec::new(), Vec::new());
    for id in ids {
        match head(&folder.run(&id).join(RECORD_FILE)) {
            Ok(head) if head.run_id == id.as_str() => heads.push(head),
            Ok(head) => {
                let why = format!("its record is that of {}", head.run_id);
                damaged.push(Damaged { run_id: id.to_string(), why });
            }
            Err(why) => damaged.push(Damaged { run_id: id.to_string(), why }),
        }
    }
    let mut runs: Vec<Run> = heads.iter().map(Run::from).collect();
    marks::mark(&heads, &mut runs);
    Ok(History { runs, damaged })
}

fn head(file: &Path) -> Result<Head, String> {
    let content = File::open(file).map_err(|error| format!("{RECORD_FILE}: {error}"))?;
    record::head(content).map_err(|what| format!("{RECORD_FILE}: {what}"))
}

impl From<&Head> for Run {
    fn from(head: &Head) -> Self {
        let (commit, uncommitted) = record::checkout(&head.subjects);
        let took = head.finished_at.duration_since(head.started_at).as_millis();
        let ends = head.suites.iter().flat_map(|suite| &suite.drills);
        let ended = ends.map(|end| Ended {
            id: end.id.clone(),
            verdict: end.verdict,
            duration_ms: end.duration_ms,
            newly_red: false,
            flaky: false,
        });
        Self {
            run_id: head.run_id.clone(),
            started_at: head.started_at,
            duration_ms: u64::try_from(took).unwrap_or_default(),
            commit,
            clean: uncommitted.map(|files| files.is_empty()),
            decision: head.decision.clone(),
            sabotage: head.plan.sabotage.clone(),
            drills: ended.collect(),
        }
    }
}
