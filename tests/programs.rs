//! What the subject file says of a program that goes on for ever, through the binary: it is waited for until it is up, by a
//! line, a port and a condition; when its run is over it is told to stop; and every claim gets its verdict.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const DRILL: &str = "run_journal_resume_drill";

/// What `python3` really is: what stands in PATH may be a script that looks for it, too slow for some hundred starts.
fn interpreter() -> String {
    let mut python = std::process::Command::new("python3");
    let output = python.args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A copy of the system, with parts of its subject file replaced.
struct System(tempfile::TempDir);

impl System {
    fn with(changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/programs");
        std::fs::create_dir(folder.path().join("migrations")).unwrap();
        for name in ["roles.sql", "worker.py", "migrations/1_runs.up.sql", "migrations/1_runs.down.sql"] {
            std::fs::copy(from.join(name), folder.path().join(name)).unwrap();
        }
        let text = std::fs::read_to_string(from.join("sor-gate.toml")).unwrap();
        let mut text = text.replacen("\"python3\"", &format!("{:?}", interpreter()), 1);
        for (part, other) in changes {
            assert!(text.contains(part), "{part}");
            text = text.replacen(part, other, 1);
        }
        std::fs::write(folder.path().join("sor-gate.toml"), text).unwrap();
        Self(folder)
    }

    /// Verdict by claim, and everything for people.
    fn drill(&self, more: &[&str]) -> (BTreeMap<String, String>, String) {
        let mut command = Command::cargo_bin("sor-gate").unwrap();
        command.current_dir(self.0.path()).args(["drill", DRILL, "--format", "json"]).args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let record: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
        let findings = record[0]["findings"].as_array().unwrap().iter();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        (findings.map(|finding| (text(finding, "claim"), text(finding, "verdict"))).collect(), said)
    }

    /// All claims are not proven, and this is why.
    fn is_not_proven(&self, why: &str) {
        let (verdicts, said) = self.drill(&[]);
        assert!(verdicts.values().all(|verdict| verdict == "error"), "{said}");
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn a_line_that_never_comes_is_waited_for() {
    let never = [("^working on ", "^ready$"), ("within_s = 60", "within_s = 3")];
    System::with(&never).is_not_proven("printed no fitting line within 3000 ms: working on R-");
}

#[test]
fn a_port_at_which_nothing_listens_is_waited_for() {
    let elsewhere = "\"${files}\", \"0\", \"${port}\"]";
    let never = [("\"${files}\", \"${port}\"]", elsewhere), ("within_s = 60", "within_s = 3")];
    System::with(&never).is_not_proven("was not ready within 3 s");
}

#[test]
fn a_condition_that_never_holds_is_waited_for() {
    let never = [("token > 0", "token > 9"), ("within_s = 60", "within_s = 3")];
    System::with(&never).is_not_proven("was not ready within 3 s");
}

#[test]
fn one_that_ends_before_it_is_ready_is_not_waited_for() {
    let lost = [("\"database.url\" =", "\"database.uri\" =")];
    System::with(&lost).is_not_proven("ended before it was ready");
}

#[test]
fn one_that_goes_on_for_ever_gets_every_verdict() {
    let (verdicts, said) = System::with(&[]).drill(&[]);
    assert_eq!(verdicts.len(), 8, "{said}");
    assert!(verdicts.values().all(|verdict| verdict == "pass"), "{said}");
}

#[test]
fn two_at_work_and_a_late_write_are_seen_though_nobody_ends() {
    for (sabotage, claim) in [("lease_that_never_holds", "one_resumer"), ("no_fence", "zombie_fenced")] {
        let (verdicts, said) = System::with(&[]).drill(&["--break", sabotage]);
        let red: Vec<_> = verdicts.iter().filter(|(_, verdict)| *verdict != "pass").collect();
        assert_eq!(red, [(&claim.to_owned(), &"fail".to_owned())], "{said}");
    }
}
