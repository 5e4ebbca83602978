//! Rules of the engine: who prints, who reads the subject file, who starts processes, who imports whom.

use crate::source::{Found, Source};

/// Processes of the gate's own, started by it with pipes on both ends: what they write is a protocol, no print.
const SPEAK_ON_PIPES: [&str; 4] =
    ["src/process/bound.rs", "src/process/guard.rs", "src/worker/stand_in.rs", "src/mcp/shim/lines.rs"];
/// Processes of the gate's own that stand before a program of the subject's and start it. They are bound themselves,
/// and what they start carries the run's mark.
const STAND_IN_FRONT: [&str; 3] = ["src/mcp/holder.rs", "src/mcp/shim/lines.rs", "src/mcp/shim/http.rs"];
/// Formats of other tools that are TOML too.
const OTHER_TOML: [&str; 2] = ["src/cli/copy.rs", "src/migration/formats/diesel.rs"];
/// Whether a work tree is clean only git itself can tell.
const ASKS_GIT: &str = "src/record/git.rs";
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
const STREAMS: [&str; 3] = ["stdout", "stderr", "anstream"];

/// The engine's modules from the bottom up. One may import those of its own line and of the lines before.
const LAYERS: [&[&str]; 11] = [
    &["error"],
    &["exit", "migration", "quote", "release", "rewrite", "subject", "template", "verdict"],
    &["catalog", "fault", "hooks", "postgres", "process", "redis_server"],
    &["recorder", "session"],
    &[
        "benchmark",
        "context",
        "drill",
        "effects",
        "evidence",
        "explain",
        "forensics",
        "interleaving",
        "mcp",
        "sabotage",
        "stage",
        "standing",
        "worker",
    ],
    &["check", "events", "init", "prove", "runner"],
    &["record"],
    &["attest"],
    &["report"],
    &["comparison", "history", "verify"],
    &["cli"],
];
/// The binary starts itself again under hidden names, and what is called by them lies above.
const UPWARD: [(&str, &str); 1] = [("src/process/hidden.rs", "worker")];

/// Whether this is code of the gate's own that ships: not a test, and not a system under test.
fn ships(source: &Source) -> bool {
    source.lies_in("src") || source.lies_in("drills")
}

fn told<'f>(found: impl Iterator<Item = &'f Found>, why: &str) -> Vec<String> {
    found.filter(|found| !found.in_test).map(|found| format!("{} {why}", found.told())).collect()
}

/// What a run found leaves through one door, so that machine output stays machine-readable.
pub fn only_cli_prints(source: &Source) -> Vec<String> {
    let may = source.lies_in("src/cli") || source.place.starts_with("src/report/terminal");
    if !ships(source) || may || SPEAK_ON_PIPES.contains(&source.place.as_str()) {
        return Vec::new();
    }
    let macros = source.macros.iter().filter(|called| {
        let name = called.text.rsplit("::").next().unwrap_or_default();
        PRINTING.contains(&name)
    });
    let streams = source.paths.iter().filter(|path| {
        let parts: Vec<&str> = path.text.split("::").collect();
        let opens = parts.last().is_some_and(|last| STREAMS.contains(last)) && parts.len() > 1;
        opens || parts.first() == Some(&"anstream")
    });
    told(macros.chain(streams), "prints")
}

/// One reader of the file, so that one place knows its errors' lines and columns.
pub fn only_subject_reads_toml(source: &Source) -> Vec<String> {
    if !ships(source) || source.lies_in("src/subject") || OTHER_TOML.contains(&source.place.as_str()) {
        return Vec::new();
    }
    let read = source.paths.iter().filter(|path| path.is_below("toml") || path.is_below("toml_edit"));
    told(read, "reads TOML")
}

/// Whatever is started must be bound to the harness, and only `src/process` knows how.
pub fn only_process_starts_processes(source: &Source) -> Vec<String> {
    if !ships(source) || source.lies_in("src/process") || STAND_IN_FRONT.contains(&source.place.as_str()) {
        return Vec::new();
    }
    let starts = source.paths.iter().filter(|path| {
        let ways = [
            "tokio::process::Command",
            "tokio::process::*",
            "std::process::Command",
            "nix::unistd::fork",
            "nix::unistd::execv",
        ];
        ways.iter().any(|way| path.is_below(way))
            || path.is_below("Command::new")
            || path.text == "std::process"
    });
    let known = |path: &&Found| !(source.lies_in("src/cli") && path.text.starts_with("Command"));
    told(starts.filter(known), "starts a process")
}

/// Who may ask for a process at all.
pub fn few_ask_for_processes(source: &Source) -> Vec<String> {
    let may = ["src/process", "src/postgres", "src/redis_server", "src/worker", "src/mcp"];
    if !ships(source) || source.place == ASKS_GIT || may.iter().any(|place| source.lies_in(place)) {
        return Vec::new();
    }
    let asks = source.paths.iter().filter(|path| path.text.ends_with("process::Launch"));
    told(asks, "asks for a process")
}

/// Who judges works from the files alone.
pub fn judges_see_no_database(source: &Source) -> Vec<String> {
    if !source.lies_in("src/release") && !source.lies_in("src/report") {
        return Vec::new();
    }
    let database = ["tokio_postgres", "postgres_protocol"];
    let seen = source.paths.iter().filter(|path| {
        let inner = path.text.strip_prefix("crate::").unwrap_or_default();
        let module = inner.split("::").next().unwrap_or_default();
        ["postgres", "session", "context", "catalog", "worker", "fault"].contains(&module)
            || database.iter().any(|name| path.is_below(name))
    });
    told(seen, "leads to a database")
}

/// No circle but within one layer, and nothing knows the command line.
pub fn imports_from_below(source: &Source) -> Vec<String> {
    let Some(module) = source.module().filter(|module| !["lib", "main", "reference"].contains(module)) else {
        return Vec::new();
    };
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let Some(own) = layer(module) else {
        return vec![format!("`{module}` is in no layer; give it its place in tests/layers/engine.rs")];
    };
    let above = source.paths.iter().filter(|path| {
        let Some(inner) = path.text.strip_prefix("crate::") else { return false };
        let other = inner.split("::").next().unwrap_or(inner);
        let excused = UPWARD.contains(&(source.place.as_str(), other));
        layer(other).is_some_and(|other| other > own) && !excused
    });
    told(above, "lies above")
}

#[test]
fn they_fail_on_bad_sources() {
    let at = |place: &str, text: &str| Source::parse(place, text);
    let runner = "src/runner/once.rs";
    for text in [
        "fn f() { println!(\"x\"); }",
        "fn f() { v.iter().map(|x| vec![dbg!(x)]); }",
        "fn f() { std::io::stdout().lock(); }",
        "use std::io::{Write, stderr};",
        "fn f() { writeln!(anstream::stderr(), \"x\"); }",
    ] {
        assert!(!only_cli_prints(&at(runner, text)).is_empty(), "{text}");
        assert!(only_cli_prints(&at("src/cli/list.rs", text)).is_empty(), "{text}");
    }
    for text in [
        "fn f() { child.stdout(); }",
        "#[cfg(test)] mod tests { fn f() { println!() } }",
        "/// println!\nfn f() {}",
    ] {
        assert!(only_cli_prints(&at(runner, text)).is_empty(), "{text}");
    }
    assert_eq!(only_subject_reads_toml(&at(runner, "fn f() { toml::from_str(text) }")).len(), 1);
    assert_eq!(only_subject_reads_toml(&at("src/subject/load.rs", "use toml::Value;")).len(), 0);
    for text in [
        "use tokio::process::Command;",
        "fn f() { std::process::Command::new(\"sh\"); }",
        "use std::process;",
    ] {
        assert_eq!(only_process_starts_processes(&at("src/worker/running.rs", text)).len(), 1, "{text}");
        assert_eq!(only_process_starts_processes(&at("src/process/launch.rs", text)).len(), 0, "{text}");
    }
    assert_eq!(only_process_starts_processes(&at(runner, "use std::process::ExitStatus;")).len(), 0);
    assert_eq!(few_ask_for_processes(&at(runner, "use crate::process::{Launch, Scope};")).len(), 1);
    for text in ["use crate::{postgres::Cluster, verdict::Verdict};", "fn f(c: &tokio_postgres::Client) {}"] {
        assert_eq!(judges_see_no_database(&at("src/release/decision.rs", text)).len(), 1, "{text}");
        assert_eq!(judges_see_no_database(&at("src/runner/mod.rs", text)).len(), 0, "{text}");
    }
    assert_eq!(imports_from_below(&at("src/release/line.rs", "use crate::runner::DrillRecord;")).len(), 1);
    assert_eq!(imports_from_below(&at(runner, "fn f() { crate::cli::main() }")).len(), 1);
    assert_eq!(imports_from_below(&at(runner, "use crate::error::Result;")).len(), 0);
    assert_eq!(imports_from_below(&at("src/helpers.rs", "")).len(), 1);
}
