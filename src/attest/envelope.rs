//! The signed envelope (secure-systems-lab/dsse, `protocol.md` and `envelope.md`, version 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SignKey};
use crate::error::{Error, Result};

/// Type of an in-toto Statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload and who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// Base64 of the payload.
    pub payload: String,
    /// What the payload is.
    pub payload_type: String,
    /// Who signed it.
    pub signatures: Vec<Signed>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// A hint to the key.
    pub keyid: String,
    /// Base64 of the signature.
    pub sig: String,
}

impl Envelope {
    /// Signs a statement.
    pub fn sealed(payload: Vec<u8>, key: &SignKey) -> Self {
        let signature = key.sign(&encoded(PAYLOAD_TYPE, &payload));
        let keyid = key.public().id().unwrap_or_default();
        Self {
            payload: STANDARD.encode(&payload),
            payload_type: PAYLOAD_TYPE.into(),
            signatures: vec![Signed { keyid, sig: STANDARD.encode(signature) }],
        }
    }

    /// Its JSON.
    ///
    /// # Errors
    /// A harness error when it cannot be written.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|error| Error::harness(error.to_string()))
    }

    /// The payload, or what is wrong with it.
    pub fn payload(&self) -> Result<Vec<u8>, String> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(format!("payloadType is `{}`, not `{PAYLOAD_TYPE}`", self.payload_type));
        }
        STANDARD.decode(&self.payload).map_err(|error| format!("payload is no base64: {error}"))
    }

    /// Whether one of the signatures is this key's.
    pub fn signed_by(&self, key: &PublicKey) -> bool {
        let Ok(payload) = self.payload() else { return false };
        let message = encoded(&self.payload_type, &payload);
        let signature = |signed: &Signed| STANDARD.decode(&signed.sig).ok();
        self.signatures.iter().filter_map(signature).any(|signature| key.verifies(&message, &signature))
    }
}

/// The pre-authentication encoding: what is really signed.
fn encoded(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(encoded("http://example.com/HelloWorld", b"hello world"), expected);
    }

    #[test]
    fn only_the_signer_verifies_and_only_what_was_signed() {
        let (key, other) = (SignKey::generate(), SignKey::generate());
        let sealed = Envelope::sealed(b"{}".to_vec(), &key);
        assert!(sealed.signed_by(&key.public()));
        assert!(!sealed.signed_by(&other.public()));
        let changed = Envelope { payload: STANDARD.encode(b"[]"), ..sealed.clone() };
        assert!(!changed.signed_by(&key.public()));
        let retyped = Envelope { payload_type: "text/plain".into(), ..sealed };
        assert!(!retyped.signed_by(&key.public()));
    }

    #[test]
    fn keys_are_written_once_and_read_back() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("gate.pem");
        let key = SignKey::generate();
        let public = key.write(&file).unwrap();
        assert!(key.write(&file).is_err());
        let read = SignKey::read(&file).unwrap();
        assert_eq!(read.public().id().unwrap(), PublicKey::read(&public).unwrap().id().unwrap());
        assert!(SignKey::read(&public).is_err() && PublicKey::read(&file).is_err());
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600);
    }
}
