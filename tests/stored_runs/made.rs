//! Runs made from the committed example: small, and the same each time.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use sor_gate::drill::Suite;
use sor_gate::record::{self, Record};
use sor_gate::release::BundleShape;
use sor_gate::report::folder::EvidenceFolder;
use sor_gate::report::keep;
use sor_gate::report::kind::Kind;
use sor_gate::verdict::Verdict;
use sor_gate::verify;

pub const ALL: [Kind; 3] = [Kind::Junit, Kind::Sarif, Kind::Summary];
const COMMIT: &str = "4f2a9c81d07be35a6f11c0de9b8a7766554433ff";

/// A file with the reduced example, for processes that have no time to read it whole.
pub const REDUCED: &str = "STORED_RUNS_REDUCED";

/// The example, cut down to its first drills.
static BASE: LazyLock<Record> = LazyLock::new(|| {
    let text = match std::env::var_os(REDUCED) {
        Some(file) => std::fs::read_to_string(file).unwrap(),
        None => include_str!("../../evidence/example/record.json").to_owned(),
    };
    let mut record: Record = serde_json::from_str(&text)
        .expect("evidence/example is of this version; scripts/example.sh makes it anew");
    record.drills.truncate(3);
    record.catalogue.truncate(3);
    for (drill, ms) in record.drills.iter_mut().zip([800, 2_140, 560]) {
        drill.duration_ms = ms;
        drill.log.statements.truncate(5);
        drill.log.timeline.truncate(5);
    }
    record.tool.commit = None;
    for subject in &mut record.subjects {
        subject.drills.truncate(3);
        subject.commit = Some(COMMIT.into());
        subject.uncommitted = Some(Vec::new());
    }
    record
});

/// A run that began so many minutes after eight.
pub fn record(minute: u32) -> Record {
    let mut record = BASE.clone();
    record.run_id = format!("20261121T08{minute:02}00Z-k3m9{:02}", minute % 100);
    let eight: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
    record.started_at = eight + SignedDuration::from_mins(minute.into());
    record.finished_at = record.started_at + SignedDuration::from_millis(9_130);
    record
}

/// The same, with a drill that ended otherwise.
pub fn ended(mut record: Record, drill: usize, verdict: Verdict) -> Record {
    record.drills[drill].verdict = verdict;
    record.drills[drill].findings[0].verdict = verdict;
    record.drills[drill].findings[0].observed = "delta +2".into();
    record
}

pub fn shapes() -> Vec<BundleShape> {
    vec![record::shape(Suite::SystemOfRecord, &BASE.catalogue)]
}

pub fn keep(root: &Path, record: Record) -> PathBuf {
    try_keep(root, record).unwrap()
}

pub fn try_keep(root: &Path, record: Record) -> sor_gate::error::Result<PathBuf> {
    keep::keep(&EvidenceFolder::new(root), &shapes(), record, None, &ALL).map(|kept| kept.place)
}

/// What is wrong with all the runs of a folder.
pub fn defects(root: &Path) -> Vec<String> {
    let (runs, mut defects) = verify::folder(root, &shapes(), None).unwrap();
    defects.extend(runs.into_iter().flat_map(|run| run.defects));
    defects
}

pub fn gate(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    command.args(args).current_dir(home).env("NO_COLOR", "1").env_remove("SOR_GATE_OUT").output().unwrap()
}

/// Exit code, standard output and error, with the folder's own path out of the way.
pub fn told(home: &Path, args: &[&str]) -> String {
    let output = gate(home, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&home.display().to_string(), "HERE");
    format!("{}{}exit {}", text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}
