//! An example with its Python packages, installed once into a folder under `target`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::venv::installed;

/// No drill of an example takes longer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// One example.
pub struct Example {
    folder: PathBuf,
    path: String,
    venv: PathBuf,
    _copy: Option<tempfile::TempDir>,
}

/// What a drill said.
pub struct Told {
    /// Verdict by claim.
    pub verdicts: BTreeMap<String, String>,
    /// Everything for people.
    pub said: String,
}

impl Example {
    /// The example of this name.
    pub fn named(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("fixtures/examples").join(name);
        let venv = installed(&folder.join("requirements.txt"));
        let path = format!("{}:{}", venv.join("bin").display(), std::env::var("PATH").unwrap());
        Self { folder, path, venv, _copy: None }
    }

    /// A copy of it, with a part of its subject file replaced.
    pub fn with(self, part: &str, other: &str) -> Self {
        self.with_file("sor-gate.toml", part, other)
    }

    /// A copy of it, with a part of one of its files replaced.
    pub fn with_file(self, name: &str, part: &str, other: &str) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for folder in ["", "migrations"].map(|folder| self.folder.join(folder)) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let place = copy.path().join(entry.path().strip_prefix(&self.folder).unwrap());
                std::fs::create_dir_all(place.parent().unwrap()).unwrap();
                if entry.path().is_file() {
                    std::fs::copy(entry.path(), place).unwrap();
                }
            }
        }
        let text = self.file(name);
        assert!(text.contains(part), "{part}");
        std::fs::write(copy.path().join(name), text.replacen(part, other, 1)).unwrap();
        Self { folder: copy.path().to_owned(), _copy: Some(copy), ..self }
    }

    /// One of its files.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// A file of one of its packages.
    pub fn package(&self, name: &str) -> String {
        let lib = std::fs::read_dir(self.venv.join("lib")).unwrap().flatten().next().unwrap().path();
        std::fs::read_to_string(lib.join("site-packages").join(name)).unwrap()
    }

    /// The gate in the example's folder.
    pub fn gate(&self, words: &[&str]) -> (i32, Value, String) {
        let output = assert_cmd::Command::cargo_bin("sor-gate")
            .unwrap()
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .args(words)
            .args(["--format", "json", "--no-progress"])
            .timeout(PATIENCE)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let told = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code().unwrap_or(-1), told, said)
    }

    /// A subject file checks clean; further words may name it.
    pub fn checks(&self, words: &[&str]) {
        let (code, told, said) = self.gate(&[&["check"], words].concat());
        assert_eq!((code, told), (0, Value::Array(Vec::new())), "{said}");
    }

    /// One drill, with further words.
    pub fn drill(&self, words: &[&str]) -> Told {
        let (_, record, said) = self.gate(&[&["drill"], words].concat());
        let findings = record[0]["findings"].as_array().unwrap_or_else(|| panic!("{said}"));
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        let verdicts = findings.iter().map(|finding| (text(finding, "claim"), text(finding, "verdict")));
        Told { verdicts: verdicts.collect(), said }
    }
}

impl Told {
    /// The claims that ended so, in order of name.
    pub fn with(&self, verdict: &str) -> Vec<&str> {
        self.verdicts.iter().filter(|(_, one)| *one == verdict).map(|(claim, _)| claim.as_str()).collect()
    }
}
