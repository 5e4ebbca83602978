//! Reports of a real run, and secrets that must be in none of its outputs.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use quick_junit::Report;
use serde_json::Value;

/// Planted in the environment, in a URL, in the subject file and in SQL.
const SECRETS: [&str; 5] =
    ["env-s3cret-aa11", "url-s3cret-bb22", "toml-s3cret-cc33", "sql-s3cret-dd44", "word-s3cret-ee55"];

fn gate() -> Command {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    command.env_remove("GITHUB_STEP_SUMMARY");
    command
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

/// The reference, with secrets planted, and one that the idempotent write carries into its statements.
fn planted(home: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("fixtures/reconciler"), &home.join("fixtures/reconciler"));
    copy(&root.join("migrations/reconciler"), &home.join("migrations/reconciler"));
    let file = home.join("fixtures/reconciler/sor-gate.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replacen("title = \"", &format!("title = \"postgres://bob:{}@db/x ", SECRETS[1]), 1);
    let vendor = format!("env = {{ VENDOR_TOKEN = \"{}\", ", SECRETS[2]);
    let text = text.replacen("env = { ", &vendor, 1);
    assert!(SECRETS[1..3].iter().all(|secret| text.contains(secret)), "planted");
    fs::write(&file, text).unwrap();
    let seed = home.join("fixtures/reconciler/seed.sql");
    let sql = fs::read_to_string(&seed).unwrap();
    fs::write(seed, format!("{sql}\nALTER ROLE postgres PASSWORD '{}';\n", SECRETS[3])).unwrap();
    file
}

fn all_files(place: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn reports_hold_what_the_record_says_and_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let subject = planted(home.path());
    let (out, sarif, step) =
        (home.path().join("out"), home.path().join("x/gate.sarif"), home.path().join("step.md"));
    let output = gate()
        .args(["run", "--prove", "none", "--postgres", "local", "--format", "json", "-v"])
        .args(["--break", "migration_review.unguarded_drop", "--report", "junit", "--report", "summary"])
        .arg("--report")
        .arg(format!("sarif:{}", sarif.display()))
        .arg("--subject")
        .arg(&subject)
        .arg("--out")
        .arg(&out)
        .env("GITHUB_STEP_SUMMARY", &step)
        .env("PAYMENT_SECRET", SECRETS[0])
        .env("REPLICA", format!("postgres://carol:{}@replica/x", SECRETS[4]))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let place = fs::canonicalize(out.join("latest")).unwrap();

    let junit = Report::deserialize_from_str(&fs::read_to_string(place.join("junit.xml")).unwrap()).unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(junit.test_suites.len(), record["drills"].as_array().unwrap().len());
    assert!(junit.failures > 0);
    let document: Value = serde_json::from_slice(&fs::read(&sarif).unwrap()).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    let dropped = results.iter().find(|result| result["ruleId"] == "migration_review.drop_guard").unwrap();
    let place_of = &dropped["locations"][0]["physicalLocation"];
    assert!(place_of["artifactLocation"]["uri"].as_str().unwrap().ends_with(".up.sql"), "{dropped:#}");
    assert!(place_of["region"]["startLine"].as_u64().unwrap() > 0);
    let page = fs::read_to_string(place.join("report.html")).unwrap();
    for outside in ["src=\"", "href=\"http", "@import", "url("] {
        assert!(!page.contains(outside), "the page reaches outside with {outside}");
    }
    assert!(page.find("BLOCKED").unwrap() < page.find("migration_review").unwrap());
    assert!(fs::read_to_string(&step).unwrap().starts_with("## sor-gate: BLOCKED"));
    let again = gate().arg("report").arg(&place).args(["--report", "html"]).output().unwrap();
    assert_eq!(
        String::from_utf8(again.stdout).unwrap().trim_end(),
        page.trim_end(),
        "the same page from the record alone"
    );
    let verified = gate().arg("verify").arg(&out).output().unwrap();
    assert!(String::from_utf8(verified.stderr).unwrap().contains("intact"));

    let mut files = vec![sarif, step];
    all_files(&place, &mut files);
    let mut texts: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|file| (file.display().to_string(), fs::read(file).unwrap())).collect();
    texts.push(("standard output".into(), output.stdout));
    texts.push(("standard error".into(), output.stderr));
    for (name, text) in texts {
        let text = String::from_utf8_lossy(&text).into_owned();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
}
