//! The reference page and the JSON Schema are those that the types make. `SOR_GATE_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use sor_gate::subject;

fn held(place: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
    if std::env::var_os("SOR_GATE_BLESS").is_some() {
        std::fs::write(&file, made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == made, "{place} is out of date; run SOR_GATE_BLESS=1 cargo test --test subject_reference");
}

#[test]
fn the_page_is_made_from_the_types() {
    held("docs/subject.md", &subject::page());
}

#[test]
fn the_schema_is_made_from_the_types() {
    let schema = serde_json::to_string_pretty(subject::schema()).unwrap();
    held("docs/sor-gate.schema.json", &format!("{schema}\n"));
}
