//! Copies of systems, changed, and what the gate says of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A system in a folder of its own.
pub struct System(tempfile::TempDir);

/// The verdicts of a drill, and what was said to people.
pub struct Told {
    verdicts: BTreeMap<String, String>,
    pub said: String,
}

impl System {
    /// A design of `tests/subjects/designs` with parts of its subject file replaced, and more at its end.
    pub fn design(name: &str, changes: &[(&str, &str)], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects/designs").join(name);
        let text = std::fs::read_to_string(from.join("sor-gate.toml")).unwrap();
        let text = text.replace("\"roles.sql\"", &format!("{:?}", from.join("roles.sql")));
        let text = text.replace("\"migrations\"", &format!("{:?}", from.join("migrations")));
        let system = Self(folder);
        system.write("sor-gate.toml", &format!("{text}\n{more}"));
        changes.iter().for_each(|(was, is)| system.change(was, is));
        system
    }

    /// A system of `tests/subjects`, whole, with parts of its files replaced: file, what it was, what it is.
    pub fn subject(name: &str, changes: &[(&str, &str, &str)]) -> Self {
        let system = Self(tempfile::tempdir().unwrap());
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/subjects").join(name);
        std::fs::create_dir(system.0.path().join("migrations")).unwrap();
        for folder in [PathBuf::new(), PathBuf::from("migrations")] {
            for entry in std::fs::read_dir(from.join(&folder)).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    let to = system.0.path().join(&folder).join(entry.file_name());
                    std::fs::copy(entry.path(), to).unwrap();
                }
            }
        }
        for (file, was, is) in changes {
            let text = system.text(file);
            assert!(text.contains(was), "{file}: there is no {was:?}");
            system.write(file, &text.replacen(was, is, 1));
        }
        system
    }

    /// The reference system, written out.
    pub fn reference() -> Self {
        let system = Self(tempfile::tempdir().unwrap());
        let into = system.0.path().to_str().unwrap();
        Command::cargo_bin("sor-gate").unwrap().args(["init", "--reference", into]).assert().success();
        system
    }

    /// Replaces a part of the subject file.
    pub fn change(&self, was: &str, is: &str) {
        let text = self.text("sor-gate.toml");
        assert!(text.contains(was), "there is no {was:?}");
        self.write("sor-gate.toml", &text.replacen(was, is, 1));
    }

    pub fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.path().join(file)).unwrap()
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.path().join(file), text).unwrap();
    }

    pub fn run(&self, words: &[&str]) -> (Value, String) {
        let mut gate = Command::cargo_bin("sor-gate").unwrap();
        gate.args(words).args(["--format", "json"]).current_dir(self.0.path()).env_remove("SOR_GATE_SUBJECT");
        let output = gate.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")), said)
    }

    pub fn checks(&self) {
        let (told, said) = self.run(&["check"]);
        assert_eq!(told, serde_json::json!([]), "{said}");
    }

    pub fn drill(&self, words: &[&str]) -> Told {
        let (record, said) = self.run(&[&["drill"], words].concat());
        let findings = record[0]["findings"].as_array().unwrap().iter();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        let verdicts = findings.map(|finding| (text(finding, "claim"), text(finding, "verdict"))).collect();
        Told { verdicts, said: format!("{said}\n{record:#}") }
    }
}

impl Told {
    /// The claims with this verdict.
    pub fn with(&self, verdict: &str) -> Vec<&str> {
        let with = self.verdicts.iter().filter(|(_, own)| *own == verdict);
        with.map(|(claim, _)| claim.as_str()).collect()
    }

    /// The claims that do not pass.
    pub fn wrong(&self) -> Vec<&str> {
        let wrong = self.verdicts.iter().filter(|(_, own)| *own != "pass");
        wrong.map(|(claim, _)| claim.as_str()).collect()
    }

    /// What a claim came to.
    pub fn of(&self, claim: &str) -> &str {
        &self.verdicts[claim]
    }

    pub fn all_pass(&self) {
        assert!(self.verdicts.values().all(|verdict| verdict == "pass"), "{}", self.said);
    }

    /// These claims fail, and none is without a verdict.
    pub fn fail(&self, claims: &[&str]) {
        assert_eq!(self.with("fail"), claims, "{}", self.said);
        assert_eq!(self.with("error"), [""; 0], "{}", self.said);
    }

    /// It was said.
    pub fn says(&self, words: &str) {
        assert!(self.said.contains(words), "{words}: {}", self.said);
    }
}
