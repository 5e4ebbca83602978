//! The layers, held: what `ARCHITECTURE.md` says of imports, prints and processes is read out of the sources.
//!
//! The compiler keeps the drills out of the engine and the engine's private parts from the drills. What it cannot
//! see is here. Each rule is a function of one file, and is shown to fail beside where it is written.

#![allow(clippy::unwrap_used)]

mod drills;
mod engine;
mod files;
mod source;

use std::path::{Path, PathBuf};

use source::Source;

/// A rule: looks at one source and says what is wrong with it.
type Rule = fn(&Source) -> Vec<String>;

const RULES: [(&str, Rule); 12] = [
    ("no drill imports another drill", drills::stays_in_its_folder),
    ("drills see the engine's public face only", drills::sees_the_face_only),
    ("drills never name a table of a reference system", drills::names_no_table),
    ("only cli and report/terminal print", engine::only_cli_prints),
    ("only subject reads the subject file", engine::only_subject_reads_toml),
    ("processes are started through src/process alone", engine::only_process_starts_processes),
    ("only postgres, worker and mcp ask for processes", engine::few_ask_for_processes),
    ("release and report never see a database", engine::judges_see_no_database),
    ("a module of the engine imports only from below", engine::imports_from_below),
    ("nothing is unsafe", files::nothing_is_unsafe),
    ("modules lie where their names say", files::modules_lie_where_they_are_named),
    ("no file is too long", files::is_short),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_source_keeps_every_rule() {
    let mut files = Vec::new();
    for folder in ["src", "drills", "fixtures", "tests", "benches"] {
        rust_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "only {} sources found", files.len());
    let mut broken = Vec::new();
    for file in files {
        let place = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let source = Source::parse(&place, &std::fs::read_to_string(&file).unwrap());
        for (name, rule) in RULES {
            broken.extend(rule(&source).into_iter().map(|what| format!("{place}: {what} ({name})")));
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = workspace.lines().find_map(|line| line.strip_prefix("members = ")).unwrap();
    let members: Vec<String> = serde_json::from_str(members).unwrap();
    assert!(!members.is_empty());
    for folder in members.iter().map(String::as_str).chain(["."]) {
        let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{folder}");
    }
    for lint in ["unsafe_code = \"forbid\"", "unwrap_used = \"deny\"", "print_stdout = \"deny\""] {
        assert!(workspace.contains(lint), "{lint}");
    }
}
