//! The catalogue holds together: folder = id = heading = bundle key, and a page tells of every claim and break.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The keys of the bundle, in its order, before `release_decision`.
const BUNDLE: [&str; 9] = [
    "migration_review",
    "run_journal_resume_drill",
    "idempotency_retry_test",
    "concurrency_claim_test",
    "outbox_relay_retry_test",
    "append_only_event_test",
    "rls_identity_flip_test",
    "mcp_boundary_test",
    "forensics_drill",
];
/// The keys of the second suite's bundle.
const DATA_INTEGRITY: [&str; 6] = [
    "constraint_rejection",
    "index_plan",
    "serialization_retry",
    "version_conflict",
    "oversell",
    "cache_coherence",
];
const SECTIONS: [&str; 4] = ["## Claim", "## Method", "## How it is broken", "## Remedy"];

fn listed() -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_sor-gate")).args(["list", "--format", "json"]).output();
    serde_json::from_slice(&output.unwrap().stdout).unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {value}"))
}

fn ids(drill: &Value, of: &str) -> Vec<String> {
    drill[of].as_array().unwrap().iter().map(|one| text(one, "id").to_owned()).collect()
}

fn folder(drill: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("drills").join(drill)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The break files, by name: what else lies there serves several of them.
fn break_files(drill: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder(drill).join("breaks")).unwrap().flatten().map(|entry| entry.path());
    let breaks = files.filter(|file| read(file).contains("pub const BREAK: Break"));
    breaks.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn drills_are_the_bundles_keys_in_its_order() {
    for (suite, keys) in [("system-of-record", &BUNDLE[..]), ("data-integrity", &DATA_INTEGRITY[..])] {
        let drills = listed();
        let own = drills.iter().filter(|drill| text(drill, "suite") == suite);
        let found: Vec<(&str, u64)> =
            own.map(|drill| (text(drill, "id"), drill["lesson"].as_u64().unwrap())).collect();
        assert_eq!(found, keys.iter().copied().zip(1..).collect::<Vec<_>>());
    }
}

#[test]
fn a_drill_is_a_folder_and_a_folder_is_a_drill() {
    let entries = std::fs::read_dir(folder("")).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let ids: BTreeSet<String> = listed().iter().map(|drill| text(drill, "id").to_owned()).collect();
    assert_eq!(folders, ids);
}

#[test]
fn pages_have_their_sections_and_name_every_claim_and_break() {
    for drill in listed() {
        let id = text(&drill, "id");
        let page = read(&folder(id).join("README.md"));
        assert_eq!(page.lines().next(), Some(format!("# {id}").as_str()));
        let habit = format!("Habit: {} (Lesson {}).", text(&drill, "habit"), drill["lesson"]);
        assert!(page.contains(&habit), "{id}: the page does not say `{habit}`");
        let sections: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(sections, SECTIONS, "{id}");
        for name in [ids(&drill, "claims"), ids(&drill, "breaks")].concat() {
            assert!(page.contains(&format!("`{name}`")), "{id}: the page does not name `{name}`");
        }
        let explained = Command::new(env!("CARGO_BIN_EXE_sor-gate")).args(["explain", id]).output().unwrap();
        assert!(String::from_utf8_lossy(&explained.stdout).starts_with(id));
    }
}

#[test]
fn every_break_is_one_file_and_names_a_claim() {
    for drill in listed() {
        let id = text(&drill, "id");
        let breaks = ids(&drill, "breaks");
        assert!(!breaks.is_empty(), "{id} was never seen to fail");
        assert_eq!(break_files(id), breaks.into_iter().collect(), "{id}");
        let claims = ids(&drill, "claims");
        for one in drill["breaks"].as_array().unwrap() {
            let claim = text(one, "claim");
            assert!(claims.iter().any(|known| known == claim), "{id}: no claim `{claim}`");
        }
    }
}

#[test]
fn ids_are_unique_snake_case_and_texts_are_one_line() {
    let plain = |id: &str| {
        let first = id.chars().next().unwrap();
        first.is_ascii_lowercase()
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    for drill in listed() {
        for (of, texts) in [("claims", &["statement", "remedy"][..]), ("breaks", &["summary"])] {
            let ids = ids(&drill, of);
            assert_eq!(
                ids.iter().collect::<BTreeSet<_>>().len(),
                ids.len(),
                "{of} of {}",
                text(&drill, "id")
            );
            assert!(ids.iter().all(|id| plain(id)), "{ids:?}");
            for one in drill[of].as_array().unwrap() {
                for key in texts {
                    let line = text(one, key);
                    assert!(
                        !line.trim().is_empty() && !line.contains('\n') && !line.ends_with('.'),
                        "{line}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_claim_can_be_seen_to_fail() {
    let mut never = Vec::new();
    for drill in listed() {
        let broken: BTreeSet<String> =
            drill["breaks"].as_array().unwrap().iter().map(|one| text(one, "claim").to_owned()).collect();
        let claims = ids(&drill, "claims");
        let unseen = claims.into_iter().filter(|claim| !broken.contains(claim));
        never.extend(unseen.map(|claim| format!("{}.{claim}", text(&drill, "id"))));
    }
    assert!(never.is_empty(), "no break turns these red: {never:?}");
}
