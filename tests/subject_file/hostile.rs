//! Files that nobody wrote in good faith.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use sor_gate::subject;

use crate::{SMALL, complaints};

/// No file may keep the reader longer, in a build without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn in_time(text: &str) -> Vec<String> {
    let started = Instant::now();
    let told = complaints(text);
    let took = started.elapsed();
    assert!(took < PATIENCE, "{took:?} for {:.20}… {told:.200?}", text);
    told
}

#[test]
fn a_megabyte_of_nonsense_ends_in_an_error() {
    for piece in
        ["[", "{", "a.", "[[", "\"", "a = ", "a = [", "x = 1\n", "[a]\n", "\u{1f4a9}", "${", "'''", "#\n\r"]
    {
        let text = piece.repeat((1 << 20) / piece.len());
        let told = in_time(&text);
        assert!(!told.is_empty(), "{piece}");
    }
    let keys: String = (0..50_000).map(|n| format!("key_{n} = 1\n")).collect();
    assert_eq!(in_time(&keys).len(), 101);
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let depth = 100_000;
    for text in [
        format!("name = {}{}", "[".repeat(depth), "]".repeat(depth)),
        format!("name = {}", "{ a = ".repeat(depth)),
        format!("[{}a]", "a.".repeat(depth)),
        format!("{}a = 1", "a.".repeat(depth)),
        format!("name = {}", "[{ a = ".repeat(depth)),
    ] {
        assert!(!in_time(&text).is_empty());
    }
}

#[test]
fn a_file_that_is_no_file_or_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| subject::load(path).unwrap_err().to_string();
    assert!(refused(Path::new("/dev/zero")).contains("not a plain file"));
    assert!(refused(folder.path()).contains("not a plain file"));
    let large = folder.path().join("large.toml");
    std::fs::File::create(&large).unwrap().write_all(&vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(refused(&large).contains("larger than"));
    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, b"name = \"\xff\"").unwrap();
    assert!(refused(&binary).contains("not UTF-8 text: byte 8"), "{}", refused(&binary));
}

#[test]
fn a_nul_is_refused_wherever_it_stands() {
    let text = SMALL.replace("SELECT id FROM jobs", "SELECT '\\u0000' FROM jobs");
    assert_eq!(in_time(&text), ["12:9 `claims.claim` holds a NUL character; take it out"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        complaints(&text);
    }

    #[test]
    fn no_toml_makes_it_panic(text in r#"(\[{0,2}[a-z.]{0,8}\]{0,2}|[a-z."']{0,6} = ("[^"\\\n]{0,12}"|[0-9_-]{0,20}|\[[0-9,"a]{0,8}\]|\{[a-z=1, ]{0,8}\}|true|2020-01-01)|\n){0,12}"#) {
        complaints(&text);
    }

    #[test]
    fn no_change_of_a_file_makes_it_panic(at in 0..SMALL.len(), length in 0..20usize, other in "\\PC{0,6}") {
        let end = (at + length).min(SMALL.len());
        complaints(&format!("{}{other}{}", &SMALL[..at], &SMALL[end..]));
    }

    #[test]
    fn no_name_makes_it_panic(name in "[\"a.;ä $-]{0,12}") {
        if let Some(parts) = subject::parts(&name) {
            let again: Vec<String> = parts.iter().map(|part| sor_gate::quote::quote_ident(part)).collect();
            prop_assert_eq!(subject::parts(&again.join(".")), Some(parts));
        }
    }
}
