//! Rules of the drills: each on its own, on the engine's public face, and on no particular system.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::root;
use crate::source::Source;

/// The engine's modules that a drill has no business with: what starts, decides and reports is not the drill's.
const BEHIND_THE_FACE: [&str; 7] = ["cli", "events", "exit", "process", "release", "report", "runner"];
/// What they may name of those all the same: what a kill is proven with, and what a process is seen to hold.
const FACE_OF_PROCESSES: [&str; 4] = [
    "sor_gate::process::Signal",
    "sor_gate::process::Stopped",
    "sor_gate::process::Seen",
    "sor_gate::process::Socket",
];
/// The words that a table's name follows.
const BEFORE_A_TABLE: [&str; 7] = ["FROM", "INTO", "UPDATE", "JOIN", "TABLE", "TRUNCATE", "ONLY"];

/// Keys of the subject file, which drills may say although a table is called the same.
static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let file = std::fs::read_to_string(root().join("fixtures/reconciler/sor-gate.toml")).unwrap();
    file.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
});
static TABLES: LazyLock<BTreeSet<String>> = LazyLock::new(tables);

/// No path of a drill climbs out of its folder, so that none reaches another drill.
pub fn stays_in_its_folder(source: &Source) -> Vec<String> {
    let Some(inner) = source.place.strip_prefix("drills/") else { return Vec::new() };
    let parts: Vec<&str> = inner.split('/').collect();
    // The catalogue itself names them all.
    let [own, .., file] = parts.as_slice() else { return Vec::new() };
    let own = format!("crate::drills::{own}");
    let below = parts.len() - 2 + usize::from(*file != "mod.rs");
    let leaves = source.paths.iter().filter(|path| {
        let climbs = path.text.split("::").take_while(|part| *part == "super").count();
        (path.is_below("crate") && !path.is_below(&own)) || climbs > below + path.depth
    });
    leaves.map(|path| format!("{} leaves the drill's folder", path.told())).collect()
}

/// Drills use what the engine offers them, not what runs them.
pub fn sees_the_face_only(source: &Source) -> Vec<String> {
    if !source.lies_in("drills") {
        return Vec::new();
    }
    let hidden = source.paths.iter().filter(|path| {
        BEHIND_THE_FACE.iter().any(|module| path.is_below(&format!("sor_gate::{module}")))
            && !FACE_OF_PROCESSES.iter().any(|allowed| path.is_below(allowed))
    });
    hidden.map(|path| format!("{} is not for drills", path.told())).collect()
}

/// A drill works on any subject: the names of tables come from the subject file.
pub fn names_no_table(source: &Source) -> Vec<String> {
    if !source.lies_in("drills") {
        return Vec::new();
    }
    let named = source.strings.iter().filter(|string| !string.in_test);
    let named = named.filter_map(|string| table_in(&string.text, &TABLES).map(|table| (string, table)));
    named.map(|(string, table)| format!("line {}: names the table `{table}`", string.line)).collect()
}

/// The table that a string names: alone, with its schema, or where SQL has a table. Plain English may say "runs".
fn table_in(text: &str, tables: &BTreeSet<String>) -> Option<String> {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"';
    let words: Vec<&str> = text.split(|c: char| !part_of_name(c)).filter(|word| !word.is_empty()).collect();
    let mut before = "";
    for word in &words {
        let clean = word.replace('"', "");
        let name = clean.strip_prefix("public.").unwrap_or(&clean).trim_end_matches('.');
        let name = name.split('.').next().unwrap_or(name);
        let spoken_as_table = BEFORE_A_TABLE.contains(&before)
            || clean.starts_with("public.")
            || (words.len() == 1 && text.trim() == *word && word.contains('_') && !KEYS.contains(name));
        if spoken_as_table && tables.contains(name) {
            return Some(name.to_owned());
        }
        before = word;
    }
    None
}

/// The tables that the reference systems' migrations make.
fn tables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for system in std::fs::read_dir(root().join("migrations")).unwrap().flatten() {
        for file in std::fs::read_dir(system.path()).into_iter().flatten().flatten() {
            let sql = std::fs::read_to_string(file.path()).unwrap();
            for rest in sql.split("CREATE TABLE ").skip(1) {
                let name = rest.trim_start_matches("IF NOT EXISTS ").split([' ', '(', '\n']).next().unwrap();
                found.insert(name.rsplit('.').next().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn they_fail_on_bad_sources() {
    let at = |place: &str, text: &str| Source::parse(place, text);
    let judge = "drills/forensics_drill/judge.rs";
    for text in [
        "use crate::drills::outbox_relay_retry_test::judge;",
        "use super::super::outbox_relay_retry_test as other;",
        "fn f() { let _ = format!(\"{}\", super::super::outbox::f()); }",
        "fn f() -> super::super::outbox::T { g() }",
        "mod tests { use super::super::super::outbox::*; }",
    ] {
        assert_eq!(stays_in_its_folder(&at(judge, text)).len(), 1, "{text}");
    }
    for text in [
        "use crate::drills::forensics_drill::Seen;",
        "use super::{Seen, breaks};",
        "mod tests { use super::super::Seen; use super::*; }",
    ] {
        assert_eq!(stays_in_its_folder(&at(judge, text)), [""; 0], "{text}");
    }
    assert_eq!(stays_in_its_folder(&at("drills/forensics_drill/mod.rs", "use super::other;")).len(), 1);
    assert_eq!(stays_in_its_folder(&at("drills/mod.rs", "use self::other;")).len(), 0);
    assert_eq!(sees_the_face_only(&at(judge, "use sor_gate::{drill::Claim, release::seal};")).len(), 1);
    assert_eq!(sees_the_face_only(&at(judge, "use sor_gate::process::{Launch, Signal};")).len(), 1);
    assert_eq!(names_no_table(&at(judge, "const Q: &str = \"SELECT * FROM expenses\";")).len(), 1);
    assert_eq!(names_no_table(&at(judge, "const T: &str = \"agent_events\";")).len(), 1);
    assert_eq!(
        names_no_table(&at(judge, "fn f() { m!(\"UPDATE public.\\\"runs\\\" SET x = 1\") }")).len(),
        1
    );
    assert_eq!(names_no_table(&at(judge, "const S: &str = \"two runs from one set of turns\";")).len(), 0);
    assert_eq!(names_no_table(&at("src/session/mod.rs", "const T: &str = \"agent_events\";")).len(), 0);
    assert!(TABLES.len() >= 8 && TABLES.contains("pending_transactions"), "{TABLES:?}");
}
