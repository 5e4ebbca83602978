//! What a run leaves behind, made by the binary on the built-in reference.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use sor_gate::record;

fn gate() -> Command {
    let mut command = Command::cargo_bin("sor-gate").unwrap();
    command.env_remove("GITHUB_STEP_SUMMARY").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(out: &Path, more: &[&str]) -> Output {
    gate()
        .args(["run", "--prove", "none", "--postgres", "local", "--out"])
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

fn only_run(out: &Path) -> PathBuf {
    let mut runs = fs::read_dir(out.join("runs")).unwrap();
    let place = runs.next().unwrap().unwrap().path();
    assert!(runs.next().is_none());
    place
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/schema/record.schema.json")
}

#[test]
fn the_committed_schema_is_the_types() {
    if std::env::var_os("SOR_GATE_WRITE_SCHEMA").is_some() {
        fs::create_dir_all(committed().parent().unwrap()).unwrap();
        fs::write(committed(), record::schema()).unwrap();
    }
    let file = fs::read_to_string(committed()).unwrap();
    assert!(
        file == record::schema(),
        "the record's types have changed; write the schema anew with SOR_GATE_WRITE_SCHEMA=1 cargo test the_committed_schema, \
         and raise SCHEMA_VERSION if an older reader could misread a record"
    );
}

fn against_the_schema(record: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(&fs::read_to_string(committed()).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    validator.iter_errors(record).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_committed_example_is_what_the_schema_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("evidence/example/record.json");
    let mut example: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(against_the_schema(&example), [""; 0]);
    example["run_id"] = 7.into();
    assert_eq!(against_the_schema(&example).len(), 1);
}

#[test]
fn a_real_run_is_what_the_schema_says() {
    let home = tempfile::tempdir().unwrap();
    let output = run(home.path(), &["--format", "json"]);
    let place = only_run(home.path());
    let bytes = fs::read(place.join("record.json")).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(against_the_schema(&value), [""; 0]);
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        value,
        "the record is what is printed"
    );

    let record = record::read(&bytes).unwrap();
    assert_eq!(place.file_name().unwrap().to_str(), Some(record.run_id.as_str()));
    assert!(record.started_at < record.finished_at);
    assert_eq!(record.previous, None);
    assert!(record.postgres.settings.contains_key("fsync"));
    assert!(!record.postgres.identity.system_identifier.is_empty());
    assert!(record.subjects[0].schema_files.iter().any(|file| file.path.ends_with(".down.sql")));
    assert_eq!(record.drills.len(), record.catalogue.len());
    assert!(record.drills.iter().any(|drill| !drill.log.statements.is_empty()));
    for file in &record.files {
        let content = fs::read(place.join(&file.path)).unwrap();
        assert_eq!(record::digest(&content), file.digest, "{}", file.path);
    }
}

#[test]
fn runs_form_a_chain() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["-q"]);
    let first = only_run(home.path());
    run(home.path(), &["-q"]);
    let second = fs::canonicalize(home.path().join("latest")).unwrap();
    let record = record::read(&fs::read(second.join("record.json")).unwrap()).unwrap();
    let previous = record.previous.unwrap();
    assert_eq!(Some(previous.run_id.as_str()), first.file_name().unwrap().to_str());
    let digest = record::digest(&fs::read(first.join("record.json")).unwrap());
    assert_eq!(previous.digest, Some(digest));
}

#[test]
fn decide_asks_the_record_too() {
    let home = tempfile::tempdir().unwrap();
    let permitted = run(home.path(), &["-q"]).status.success();
    let place = only_run(home.path());
    let decide = |arguments: &[&str]| {
        let output = gate().arg("decide").arg(&place).args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(!permitted, "without breaks no drill was seen to fail");
    let (code, text) = decide(&[]);
    assert_eq!(
        (code, text.trim_end()),
        (
            1,
            fs::read_to_string(place.join("bundle.json"))
                .map(|text| {
                    let bundle: Value = serde_json::from_str(&text).unwrap();
                    bundle["release_decision"].as_str().unwrap().to_owned()
                })
                .unwrap()
                .as_str()
        )
    );
    let record = record::read(&fs::read(place.join("record.json")).unwrap()).unwrap();
    let (_, text) = decide(&["--commit", "0000000"]);
    assert!(text.contains("asked for was 0000000"), "{text}");
    if let Some(commit) = &record.subjects[0].commit {
        assert!(!decide(&["--commit", &commit[..10]]).1.contains("asked for"));
    }
    assert!(decide(&["--max-age", "0s"]).1.contains("old, at most"));
    assert!(!decide(&["--max-age", "1d"]).1.contains("old, at most"));
    assert_eq!(decide(&["--max-age", "soon"]).0, 2);
    let mut bytes = fs::read(place.join("record.json")).unwrap();
    bytes.insert(3, b' ');
    fs::write(place.join("record.json"), bytes).unwrap();
    assert!(decide(&[]).1.contains("record.json: line 2"), "{}", decide(&[]).1);
    fs::remove_file(place.join("record.json")).unwrap();
    assert!(decide(&[]).1.contains("record.json: cannot be read"));
}
