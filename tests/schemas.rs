//! What commands print with `--format json` is what the committed schemas say, and these are the types.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn committed(command: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("evidence/schema/{command}.schema.json"))
}

#[test]
fn the_committed_schemas_are_the_types() {
    for (command, schema) in sor_gate::cli::schemas() {
        if std::env::var_os("SOR_GATE_WRITE_SCHEMA").is_some() {
            fs::write(committed(command), &schema).unwrap();
        }
        let file = fs::read_to_string(committed(command)).unwrap_or_default();
        let remedy = "write it anew with SOR_GATE_WRITE_SCHEMA=1 cargo test --test schemas";
        assert!(file == schema, "the types behind `{command}` have changed; {remedy}");
    }
}

#[test]
fn what_commands_print_is_what_their_schemas_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("evidence/example").display().to_string();
    let home = tempfile::tempdir().unwrap();
    let commands: [(&str, &[&str]); 6] = [
        ("check", &["check"]),
        ("decide", &["decide", &example]),
        ("drill", &["drill", "idempotency", "--break", "global_key"]),
        ("list", &["list"]),
        ("prove", &["prove", "idempotency"]),
        ("verify", &["verify", &example]),
    ];
    for (command, args) in commands {
        let mut gate = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
        gate.args(args).args(["--format", "json"]).current_dir(home.path());
        let printed: Value = serde_json::from_slice(&gate.output().unwrap().stdout).unwrap();
        let schema: Value = serde_json::from_str(&fs::read_to_string(committed(command)).unwrap()).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&printed)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{command}: {errors:#?}");
        assert!(!validator.is_valid(&Value::from(7)), "{command}: the schema can say no");
    }
}
