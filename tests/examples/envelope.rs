//! A signed attestation, checked by an implementation that is not the gate's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sor_gate::attest::{Envelope, SignKey};
use sor_gate::drill::Suite;
use sor_gate::record::{self, Record};
use sor_gate::report::folder::EvidenceFolder;
use sor_gate::report::keep::keep;

use crate::venv::installed;

/// The example run, kept once more and signed.
fn signed(key: &SignKey) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let record: Record = serde_json::from_str(include_str!("../../evidence/example/record.json"))
        .expect("evidence/example is of this version; scripts/example.sh makes it anew");
    let shape = record::shape(Suite::SystemOfRecord, &record.catalogue);
    let place = keep(&EvidenceFolder::new(home.path()), &[shape], record, Some(key), &[]).unwrap().place;
    (home, place)
}

/// securesystemslib, by the script that auditors are given; and what it refuses.
#[test]
fn an_envelope_holds_by_another_implementation() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let python = installed(&scripts.join("requirements.txt")).join("bin/python");
    let (key, other) = (SignKey::generate(), SignKey::generate());
    let (home, place) = signed(&key);
    let check = |key: &SignKey| {
        let file = home.path().join("key.pem");
        fs::write(&file, key.public().to_pem().unwrap()).unwrap();
        let mut python = Command::new(&python);
        let output = python.arg(scripts.join("check-attestation.py")).arg(&place).arg(file).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&told).into_owned())
    };
    let (holds, told) = check(&key);
    assert!(holds && told.contains("bundle.json") && told.contains("record.json"), "{told}");
    let refused = |what: &str, key: &SignKey, why: &str| {
        let (holds, told) = check(key);
        assert!(!holds && told.contains(why), "{what}: {told}");
    };
    refused("another key", &other, "VerificationError");
    let path = place.join("attestation.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut envelope: Envelope = serde_json::from_str(&text).unwrap();
    let payload = String::from_utf8(envelope.payload().unwrap()).unwrap();
    envelope.payload = Envelope::sealed(payload.replacen("PASSED", "FAILED", 1).into(), &other).payload;
    fs::write(&path, envelope.to_json().unwrap()).unwrap();
    refused("another payload", &key, "VerificationError");
    fs::write(&path, text).unwrap();
    let bundle = place.join("bundle.json");
    fs::write(&bundle, fs::read_to_string(&bundle).unwrap() + " ").unwrap();
    refused("another bundle", &key, "bundle.json");
}
