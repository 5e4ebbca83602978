//! The drill `cache_coherence` through the binary, on descriptions under which it can prove nothing, or must fail.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const SUBJECT: &str = "fixtures/shortener/sor-gate.toml";

/// The shortener, copied and changed: `(what stands in the subject file, what is to stand there)`.
fn drill(changes: &[(&str, &str)]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, files) in [
        ("fixtures/shortener", &["sor-gate.toml", "roles.sql"]),
        ("migrations/shortener", &["0001_links.up.sql", "0001_links.down.sql"]),
    ] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
        for file in files {
            std::fs::copy(root.join(folder).join(file), home.path().join(folder).join(file)).unwrap();
        }
    }
    let mut text = std::fs::read_to_string(home.path().join(SUBJECT)).unwrap();
    for (was, is) in changes {
        assert!(text.contains(was), "no {was:?}");
        text = text.replacen(was, is, 1);
    }
    std::fs::write(home.path().join(SUBJECT), text).unwrap();
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    gate.args(["drill", "cache_coherence", "--postgres", "local", "--format", "json", "--no-progress"]);
    let output = gate.arg("--subject").arg(home.path().join(SUBJECT)).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let drills: Value = serde_json::from_slice(&output.stdout).unwrap();
    drills[0].clone()
}

/// The claim's verdict, and what was observed.
fn found<'d>(drill: &'d Value, claim: &str) -> (&'d str, &'d str) {
    let finding = drill["findings"].as_array().unwrap().iter().find(|one| one["claim"] == claim).unwrap();
    (finding["verdict"].as_str().unwrap(), finding["observed"].as_str().unwrap())
}

#[test]
fn an_entry_at_another_key_proves_nothing() {
    let drill = drill(&[("key = \"link:${key}\"", "key = \"url:${key}\"")]);
    let (verdict, observed) = found(&drill, "miss_fills");
    assert!(verdict == "fail" && observed.contains("no entry"), "{observed}");
    for (claim, why) in [
        ("hit_spares_database", "asked the cache"),
        ("write_invalidates", "was not in the cache before"),
        ("no_stale_fill", "not cached at the declared key"),
    ] {
        let (verdict, observed) = found(&drill, claim);
        assert!(verdict == "error" && observed.contains(why), "{claim}: {observed}");
    }
}

#[test]
fn loads_that_nobody_sees_prove_nothing() {
    let drill = drill(&[("ttl_s = 60", "ttl_s = 60\nload = \"no such statement\"")]);
    for (claim, why) in [
        ("miss_fills", "another way than the URL"),
        ("hit_spares_database", "saw no load on the miss either"),
        ("failed_load_uncached", "no load was refused"),
        ("not_found_mapped", "nothing was loaded"),
        ("no_stale_fill", "was not held"),
        ("served_without_cache", "no load came by"),
    ] {
        let (verdict, observed) = found(&drill, claim);
        assert!(verdict == "error" && observed.contains(why), "{claim}: {observed}");
    }
}

#[test]
fn a_bound_that_does_not_hold_and_a_life_that_is_too_long_are_seen() {
    let changes = [
        ("ttl_s = 60", "ttl_s = 30"),
        ("\"--batch\", \"32\"", "\"--batch\", \"5000\", \"--flush-ms\", \"60000\""),
    ];
    let drill = drill(&changes);
    assert_eq!(found(&drill, "miss_fills").0, "fail");
    assert_eq!(found(&drill, "hits_counted"), ("fail", "149 answered, 0 counted, 149 lost"));
}

#[test]
fn what_is_not_described_is_not_testable() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(SUBJECT)).unwrap();
    let hits = &text[text.find("[cache.hits]").unwrap()..];
    let drill = drill(&[(hits, "")]);
    assert_eq!(found(&drill, "hits_counted").0, "not_testable");
    assert_eq!(found(&drill, "no_stale_fill").0, "pass");
    let cache = &text[text.find("[cache]").unwrap()..];
    let drill = self::drill(&[(cache, "")]);
    assert_eq!(drill["verdict"], "not_testable");
}

#[test]
fn a_service_that_does_not_come_up_is_told_with_its_last_words() {
    let drill = drill(&[("\"--batch\", \"32\"", "\"--batch\", \"none\"")]);
    assert_eq!(drill["verdict"], "error");
    let line = drill["evidence"].as_str().unwrap();
    assert!(line.contains("ended early") && line.contains("invalid value 'none'"), "{line}");
}
