//! Evidence that was tampered with: every file and every key is deleted, swapped, edited, moved and doubled in turn.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value};
use sor_gate::attest::{Envelope, PublicKey, SignKey};
use sor_gate::drill::Suite;
use sor_gate::record::{self, Record};
use sor_gate::release::BundleShape;
use sor_gate::report::folder::EvidenceFolder;
use sor_gate::report::keep::keep;
use sor_gate::report::kind::Kind;
use sor_gate::report::run_id::RunId;
use sor_gate::verify;

/// The example run, cut down to what keeps each key once.
fn draft() -> Record {
    let mut json: Value = serde_json::from_str(include_str!("../evidence/example/record.json")).unwrap();
    for schema in json["schemas"].as_array_mut().into_iter().flatten() {
        schema["catalog"]["items"].as_array_mut().unwrap().truncate(2);
    }
    let mut record: Record = serde_json::from_value(json)
        .expect("evidence/example is of this version; scripts/example.sh makes it anew");
    record.drills.truncate(2);
    record.catalogue.truncate(2);
    record.subjects[0].schema_files.truncate(2);
    for drill in &mut record.drills {
        drill.log.statements.sort_by_key(|statement| statement.message.is_none());
        drill.log.statements.truncate(2);
        drill.log.timeline.truncate(2);
        drill.exhibits.truncate(1);
    }
    record
}

fn shapes() -> Vec<BundleShape> {
    vec![record::shape(Suite::SystemOfRecord, &draft().catalogue)]
}

struct Kept {
    _home: tempfile::TempDir,
    root: PathBuf,
    place: PathBuf,
}

fn kept(runs: usize, key: Option<&SignKey>) -> Kept {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("evidence");
    let mut place = PathBuf::new();
    for at in 0..runs {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let now = now + jiff::SignedDuration::from_mins(i64::try_from(at).unwrap());
        let draft = Record { run_id: RunId::new(now).to_string(), ..draft() };
        place = keep(
            &EvidenceFolder::new(&root),
            &shapes(),
            draft,
            key,
            &[Kind::Junit, Kind::Sarif, Kind::Summary],
        )
        .unwrap()
        .place;
    }
    Kept { _home: home, root, place }
}

fn defects(place: &Path, key: Option<&PublicKey>) -> Vec<String> {
    verify::run(place, &shapes(), key).unwrap().defects
}

fn chain_defects(root: &Path) -> Vec<String> {
    let (runs, mut defects) = verify::folder(root, &shapes(), None).unwrap();
    defects.extend(runs.into_iter().flat_map(|run| run.defects));
    defects
}

fn names(place: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn untouched_evidence_is_intact() {
    let key = SignKey::generate();
    for signed in [None, Some(&key)] {
        let kept = kept(3, signed);
        let public = signed.map(SignKey::public);
        assert_eq!(defects(&kept.place, public.as_ref()), [""; 0]);
        assert_eq!(chain_defects(&kept.root), [""; 0]);
        assert!(verify::run(&kept.place, &shapes(), None).unwrap().permits());
        let (runs, _) = verify::folder(&kept.root, &shapes(), None).unwrap();
        assert_eq!(runs.len(), 3);
    }
}

#[test]
fn every_file_deleted_edited_swapped_doubled_or_replaced_is_named() {
    let key = SignKey::generate();
    let kept = kept(1, Some(&key));
    let public = key.public();
    let files = names(&kept.place);
    assert!(files.len() >= 4, "{files:?}");
    let named = |what: &str, name: &str| {
        let found = defects(&kept.place, Some(&public));
        assert!(found.iter().any(|line| line.starts_with(name)), "{what} {name}: {found:#?}");
    };
    for name in &files {
        let path = kept.place.join(name);
        let content = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        named("deleted", name);
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        named("linked", name);
        fs::remove_file(&path).unwrap();
        for (what, at) in [("first byte", 0), ("middle", content.len() / 2), ("last byte", content.len() - 2)]
        {
            let mut edited = content.clone();
            edited[at] = if edited[at] == b'x' { b'y' } else { b'x' };
            fs::write(&path, &edited).unwrap();
            named(what, name);
        }
        for (what, edited) in [("emptied", &b""[..]), ("cut", &content[..content.len() / 2])] {
            fs::write(&path, edited).unwrap();
            named(what, name);
        }
        fs::write(&path, [&content[..], b"\n"].concat()).unwrap();
        named("appended to", name);
        fs::write(&path, &content).unwrap();
        fs::copy(&path, kept.place.join("copy")).unwrap();
        named("doubled", "copy");
        fs::remove_file(kept.place.join("copy")).unwrap();
        for other in files.iter().filter(|other| *other != name) {
            let foreign = fs::read(kept.place.join(other)).unwrap();
            fs::write(&path, &foreign).unwrap();
            fs::write(kept.place.join(other), &content).unwrap();
            named("swapped", name);
            fs::write(&path, &content).unwrap();
            fs::write(kept.place.join(other), &foreign).unwrap();
        }
    }
    assert_eq!(defects(&kept.place, Some(&public)), [""; 0], "everything was put back");
}

/// Paths of all keys, one for each place in the shape: items of an array share theirs.
fn keys(value: &Value, path: &mut Vec<String>, seen: &mut BTreeSet<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                path.push(key.clone());
                let kind: Vec<&str> = path
                    .iter()
                    .map(|part| if part.parse::<usize>().is_ok() { "*" } else { part.as_str() })
                    .collect();
                if seen.insert(kind.join("/")) {
                    found.push(path.clone());
                }
                keys(member, path, seen, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                keys(item, path, seen, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn parent<'v>(value: &'v mut Value, path: &[String]) -> &'v mut Map<String, Value> {
    let pointer: String = path[..path.len() - 1].iter().map(|part| format!("/{part}")).collect();
    value.pointer_mut(&pointer).unwrap().as_object_mut().unwrap()
}

fn edited(value: &Value) -> Value {
    match value {
        Value::Null => Value::String("x".into()),
        Value::Bool(held) => Value::Bool(!held),
        Value::Number(_) => Value::from(4_242_424),
        Value::String(text) => Value::String(format!("{text}x")),
        Value::Array(items) if items.is_empty() => Value::Array(vec![Value::from("x")]),
        Value::Array(items) => Value::Array(items[1..].to_vec()),
        Value::Object(_) => Value::Object(Map::new()),
    }
}

/// All ways to harm one key of a document; each with a word for it.
fn harms(document: &Value, path: &[String]) -> Vec<(&'static str, String)> {
    let key = path.last().unwrap();
    let text = |value: &Value| format!("{value:#}\n");
    let mut out = Vec::new();
    let mut without = document.clone();
    parent(&mut without, path).shift_remove(key);
    out.push(("deleted", text(&without)));
    let mut changed = document.clone();
    let member = &mut parent(&mut changed, path)[key.as_str()];
    *member = edited(member);
    out.push(("edited", text(&changed)));
    let mut renamed = document.clone();
    let members = parent(&mut renamed, path);
    *members = std::mem::take(members)
        .into_iter()
        .map(|(name, value)| if name == *key { (format!("{name}x"), value) } else { (name, value) })
        .collect();
    out.push(("renamed", text(&renamed)));
    let mut moved = document.clone();
    let members = parent(&mut moved, path);
    if members.len() > 1 {
        let first = members.keys().next().unwrap() == key;
        let value = members.shift_remove(key).unwrap();
        if first {
            members.insert(key.clone(), value)
        } else {
            members.shift_insert(0, key.clone(), value)
        };
        out.push(("moved", text(&moved)));
    }
    // No map can hold a key twice, so it is doubled under a marker's name that is then replaced in the text.
    let mut doubled = document.clone();
    let members = parent(&mut doubled, path);
    let value = members[key.as_str()].clone();
    members.insert("@@doubled@@".into(), value);
    out.push(("doubled", text(&doubled).replace("@@doubled@@", key)));
    out
}

#[test]
fn every_key_of_every_document_harmed_is_named() {
    let kept = kept(1, None);
    for name in ["record.json", "bundle.json", "attestation.json"] {
        let path = kept.place.join(name);
        let content = fs::read_to_string(&path).unwrap();
        let document: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(format!("{document:#}\n"), content, "{name} is written as the test writes it");
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        keys(&document, &mut Vec::new(), &mut seen, &mut found);
        assert!(found.len() >= 3, "{name}: {found:?}");
        for place in &found {
            for (what, text) in harms(&document, place) {
                fs::write(&path, text).unwrap();
                let lines = defects(&kept.place, None);
                let own: Vec<&String> = lines.iter().filter(|line| line.starts_with(name)).collect();
                assert!(!own.is_empty(), "{name} {place:?} {what}: {lines:#?}");
                // The key itself, or the part of the record that it stands in, must be told.
                let section = if place[0] == "drills" { place.get(2) } else { place.first() };
                let mut told = vec![place.last().unwrap().as_str()];
                told.extend(section.map(String::as_str));
                let is_told = own.iter().any(|line| told.iter().any(|word| line.contains(word)));
                assert!(is_told, "{name} {place:?} {what} does not name {told:?}: {lines:#?}");
            }
        }
        fs::write(&path, content).unwrap();
    }
    assert_eq!(defects(&kept.place, None), [""; 0]);
}

#[test]
fn every_run_deleted_edited_copied_or_renamed_is_named() {
    let kept = kept(4, None);
    let runs = kept.root.join("runs");
    let ids = names(&runs);
    assert_eq!(ids.len(), 4);
    let told = |what: &str, id: &str| {
        let found = chain_defects(&kept.root);
        assert!(found.iter().any(|line| line.contains(id)), "{what} {id}: {found:#?}");
    };
    for id in &ids {
        let (place, aside) = (runs.join(id), kept.root.join("aside"));
        fs::rename(&place, &aside).unwrap();
        told("deleted", id);
        let other = "20260101T000000Z-000000";
        fs::rename(&aside, runs.join(other)).unwrap();
        told("renamed", other);
        fs::rename(runs.join(other), &place).unwrap();
        fs::create_dir(runs.join(other)).unwrap();
        for name in names(&place) {
            fs::copy(place.join(&name), runs.join(other).join(&name)).unwrap();
        }
        told("doubled", other);
        fs::remove_dir_all(runs.join(other)).unwrap();
    }
    // A record that is made anew, with all its digests, breaks the chain behind it.
    let forged = runs.join(&ids[1]);
    let mut record = record::read(&fs::read(forged.join("record.json")).unwrap()).unwrap();
    record.host.name = "elsewhere".into();
    let bytes = record.to_json().unwrap();
    fs::write(forged.join("record.json"), &bytes).unwrap();
    fs::write(forged.join("attestation.json"), sor_gate::attest::attestation(&record, &bytes, None).unwrap())
        .unwrap();
    assert_eq!(defects(&forged, None), [""; 0], "alone it looks intact");
    told("forged", &ids[1]);
}

#[test]
fn latest_is_part_of_the_evidence() {
    let kept = kept(2, None);
    let (latest, ids) = (kept.root.join("latest"), names(&kept.root.join("runs")));
    fs::remove_file(&latest).unwrap();
    assert_eq!(chain_defects(&kept.root), ["`latest` is missing"]);
    std::os::unix::fs::symlink(Path::new("runs").join(&ids[0]), &latest).unwrap();
    assert_eq!(
        chain_defects(&kept.root),
        [format!("`latest` names {}, and {} came after it", ids[0], ids[1])]
    );
    fs::create_dir(kept.root.join("runs/other")).unwrap();
    assert!(chain_defects(&kept.root).contains(&"runs/other is no run".to_owned()));
}

#[test]
fn signatures_bind_the_key() {
    let (key, other) = (SignKey::generate(), SignKey::generate());
    let signed = kept(1, Some(&key));
    assert_eq!(defects(&signed.place, None), [""; 0]);
    assert!(defects(&signed.place, Some(&other.public()))[0].contains("signatures"));
    let path = signed.place.join("attestation.json");
    let envelope: Envelope = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let payload = envelope.payload().unwrap();
    // Signed anew by somebody else, and stripped of its signature.
    let forged = Envelope::sealed(payload.clone(), &other).to_json().unwrap() + "\n";
    fs::write(&path, forged).unwrap();
    assert!(defects(&signed.place, Some(&key.public())).iter().any(|line| line.contains("the given key")));
    assert!(defects(&signed.place, None).iter().any(|line| line.contains("that the record names")));
    let bare: Value = serde_json::from_slice(&payload).unwrap();
    fs::write(&path, format!("{bare:#}\n")).unwrap();
    assert!(defects(&signed.place, None).iter().any(|line| line.contains("not signed")));

    let unsigned = kept(1, None);
    assert!(defects(&unsigned.place, Some(&key.public()))[0].contains("not signed"));
}
