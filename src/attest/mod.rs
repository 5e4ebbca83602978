//! Attests a run for supply-chain tools: an in-toto Statement, in a DSSE envelope when it is signed.

mod envelope;
mod key;
mod sections;
mod statement;

pub use envelope::{Envelope, PAYLOAD_TYPE};
pub use key::{PublicKey, SignKey};
pub use sections::sections;
pub use statement::{ATTESTATION_FILE, statement};

use crate::error::Result;
use crate::record::Record;

/// The text of `attestation.json`: the statement itself, or the envelope around it.
///
/// # Errors
/// A harness error when it cannot be written as JSON.
pub fn attestation(record: &Record, record_bytes: &[u8], key: Option<&SignKey>) -> Result<Vec<u8>> {
    let statement = statement(record, record_bytes)?;
    let mut text = match key {
        None => format!("{statement:#}"),
        Some(key) => Envelope::sealed(statement.to_string().into_bytes(), key).to_json()?,
    };
    text.push('\n');
    Ok(text.into_bytes())
}
