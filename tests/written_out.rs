//! `init --reference`: what is written out is a workspace that builds by itself, with the versions of this one, and systems
//! whose drills pass.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use toml::{Table, Value};

fn gate(folder: &Path, words: &[&str]) -> (i32, String) {
    let mut gate = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    gate.current_dir(folder).args(words).args(["--postgres", "local", "--no-progress"]);
    told(gate.env_remove("SOR_GATE_SUBJECT").env_remove("GITHUB_STEP_SUMMARY").output().unwrap())
}

fn told(output: Output) -> (i32, String) {
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// Writes the systems of a suite into a folder of this name below `target`: always the same one, so that a second build
/// has nothing but their own crates to do.
fn written(name: &str, suite: &str) -> (PathBuf, String) {
    let below = Path::new(env!("CARGO_TARGET_TMPDIR")).join("written-out");
    let folder = below.join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&below).unwrap();
    let (code, said) = gate(&below, &["init", "--suite", suite, "--reference", name]);
    assert_eq!(code, 0, "{said}");
    (folder, said)
}

/// Compiles every crate of a copy without the network. Libraries alone, so that nothing is left to be linked.
fn compiles(folder: &Path) {
    let packages = || {
        let lock: Table = std::fs::read_to_string(folder.join("Cargo.lock")).unwrap().parse().unwrap();
        let text = |of: &Value, key: &str| of.get(key).map(|value| value.as_str().unwrap().to_owned());
        let all = lock["package"].as_array().unwrap().iter();
        all.map(|of| ["name", "version", "source", "checksum"].map(|key| text(of, key)))
            .collect::<BTreeSet<_>>()
    };
    let ours = packages();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["check", "--offline", "--workspace", "--quiet"]).current_dir(folder);
    // This test's own surroundings are of another workspace.
    cargo.env_remove("RUSTFLAGS").env("CARGO_TARGET_DIR", folder.with_file_name("target"));
    let (code, said) = told(cargo.output().unwrap());
    assert_eq!((code, said.as_str()), (0, ""));
    let theirs = packages();
    assert!(theirs.is_subset(&ours), "other versions: {:?}", theirs.difference(&ours));
    assert!(theirs.len() < ours.len(), "what only the gate needs is gone from the lock");
}

#[test]
fn the_reference_compiles_and_is_permitted() {
    let (folder, said) = written("reconciler", "system-of-record");
    assert!(said.contains("cd there and `sor-gate run`"), "{said}");
    let (code, said) = gate(&folder, &["run", "--out", "evidence"]);
    assert!(code == 0 && said.contains("PERMITTED"), "{said}");
    compiles(&folder);
}

#[test]
fn the_four_systems_compile_and_their_drills_pass() {
    let (folder, said) = written("four", "data-integrity");
    let commands: Vec<&str> = said.lines().filter_map(|line| line.trim().strip_prefix("cd ")).collect();
    assert_eq!(commands.len(), 4, "{said}");
    let mut drilled = 0;
    for command in commands {
        let (place, words) = command.split_once(" && sor-gate ").unwrap();
        let words: Vec<&str> = words.split(' ').collect();
        let (code, said) = gate(&folder.parent().unwrap().join(place), &words);
        assert_eq!(code, 0, "{command}: {said}");
        drilled += words.len() - 1;
    }
    assert_eq!(drilled, 6, "all drills of the suite: {said}");
    compiles(&folder);
}
