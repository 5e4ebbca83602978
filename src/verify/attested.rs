//! Holds an attestation against the record that it is about.

use std::collections::BTreeMap;

use serde_json::Value;

use super::difference::differences;
use crate::attest::{ATTESTATION_FILE, Envelope, PublicKey, sections, statement};
use crate::record::{RECORD_FILE, Record, digest, doubled};

/// Everything that is wrong with an attestation, and with the record by its witness.
pub(super) fn check(
    attestation: &[u8],
    record_bytes: &[u8],
    record: Option<&Record>,
    key: Option<&PublicKey>,
) -> (Vec<String>, Vec<String>) {
    let (mut defects, mut notes) = (Vec::new(), Vec::new());
    let told = |what: &str| format!("{ATTESTATION_FILE}: {what}");
    if let Some(path) = doubled(attestation) {
        defects.push(told(&format!("key `{path}` stands twice")));
    }
    let envelope = serde_json::from_slice::<Envelope>(attestation);
    let signer = record.and_then(|record| record.attested_by.key.as_deref());
    let looks_sealed =
        serde_json::from_slice::<Value>(attestation).is_ok_and(|value| value.get("payload").is_some());
    let payload = match &envelope {
        Ok(envelope) => {
            match key {
                Some(key) if !envelope.signed_by(key) => {
                    defects.push(told("`signatures` holds none that the given key made for this payload"));
                }
                Some(_) => {}
                None => notes.push("the signature was not checked: no --key was given".into()),
            }
            let named = |id: &str| envelope.signatures.iter().any(|signed| signed.keyid == id);
            if let Some(id) = signer.filter(|id| !named(id)) {
                defects.push(told(&format!("`signatures` does not name the key {id} that the record names")));
            }
            if record.is_some() && signer.is_none() {
                defects.push(told("it is signed, and the record says that nobody signs it"));
            }
            let canonical = envelope.to_json().map(|text| text + "\n").unwrap_or_default();
            if canonical.as_bytes() != attestation {
                defects.push(told("it is not as the gate writes it"));
            }
            envelope.payload()
        }
        Err(error) if looks_sealed || signer.is_some() => {
            if let Some(id) = signer.filter(|_| !looks_sealed) {
                defects.push(told(&format!("it is not signed, and the record says that {id} signs it")));
            } else {
                defects.push(told(&error.to_string()));
            }
            Ok(attestation.to_vec())
        }
        Err(_) => {
            if key.is_some() {
                defects.push(told("it is not signed, so the given key proves nothing"));
            } else {
                notes.push("the attestation is not signed: it shows accidents, not forgery".into());
            }
            Ok(attestation.to_vec())
        }
    };
    let found: Result<Value, String> =
        payload.and_then(|payload| serde_json::from_slice(&payload).map_err(|error| error.to_string()));
    match found {
        Err(what) => defects.push(told(&what)),
        Ok(found) => {
            defects.extend(against_record(&found, attestation, record_bytes, record, envelope.is_ok()))
        }
    }
    (defects, notes)
}

fn against_record(
    found: &Value,
    attestation: &[u8],
    record_bytes: &[u8],
    record: Option<&Record>,
    sealed: bool,
) -> Vec<String> {
    let about =
        found["subject"].as_array().into_iter().flatten().find(|subject| subject["name"] == RECORD_FILE);
    let hex = digest(record_bytes);
    let attested = about.and_then(|subject| subject["digest"]["sha256"].as_str());
    if attested.is_some_and(|attested| hex.strip_prefix("sha256:") != Some(attested)) {
        let changed = about
            .map(|subject| changed(&subject["annotations"]["sections"], record_bytes))
            .unwrap_or_default();
        if changed.is_empty() {
            return vec![format!("{RECORD_FILE}: its digest is not the attested one")];
        }
        return changed
            .into_iter()
            .map(|path| format!("{RECORD_FILE}: changed since it was attested: `{path}`"))
            .collect();
    }
    let Some(wanted) = record.and_then(|record| statement(record, record_bytes).ok()) else {
        return Vec::new();
    };
    let mut lines: Vec<String> =
        differences(&wanted, found).into_iter().map(|line| format!("{ATTESTATION_FILE}: {line}")).collect();
    let canonical = if sealed { wanted.to_string() } else { format!("{wanted:#}\n") };
    if lines.is_empty() && !sealed && canonical.as_bytes() != attestation {
        let (found, wanted) = (String::from_utf8_lossy(attestation).into_owned(), canonical);
        let place = found.lines().zip(wanted.lines()).position(|(found, wanted)| found != wanted);
        let line = place.map_or(0, |at| at + 1);
        let shown =
            |text: &str| text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim().to_owned();
        lines.push(format!(
            "{ATTESTATION_FILE}: line {line} is not as the gate writes it: `{}` stands where `{}` belongs",
            shown(&found),
            shown(&wanted)
        ));
    }
    lines
}

/// The files that an attestation, sealed or not, knows with their digests.
pub(super) fn files(attestation: &[u8]) -> BTreeMap<String, String> {
    let sealed =
        serde_json::from_slice::<Envelope>(attestation).ok().and_then(|sealed| sealed.payload().ok());
    let payload = sealed.unwrap_or_else(|| attestation.to_vec());
    let statement: Value = serde_json::from_slice(&payload).unwrap_or_default();
    let subjects = statement["subject"].as_array().into_iter().flatten();
    let listed = subjects.filter_map(|subject| subject["annotations"]["files"].as_object()).flatten();
    listed.filter_map(|(name, digest)| Some((name.clone(), digest.as_str()?.to_owned()))).collect()
}

/// The parts of the record whose digests are not the attested ones.
fn changed(attested: &Value, record_bytes: &[u8]) -> Vec<String> {
    let Ok(record) = serde_json::from_slice::<Value>(record_bytes) else { return Vec::new() };
    let now = sections(&record);
    let then: BTreeMap<&str, &str> = attested
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(path, digest)| Some((path.as_str(), digest.as_str()?)))
        .collect();
    let differing = now.iter().filter(|(path, digest)| then.get(path.as_str()) != Some(&digest.as_str()));
    let gone = then.keys().filter(|path| !now.contains_key(**path));
    differing.map(|(path, _)| path.clone()).chain(gone.map(|path| format!("{path} (gone)"))).collect()
}
