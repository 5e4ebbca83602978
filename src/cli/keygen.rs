//! `keygen`: a key that signs attestations.

use std::path::Path;

use super::terminal;
use crate::attest::SignKey;
use crate::error::Result;
use crate::exit::Exit;

/// Writes a new key and its public half, and prints its id.
///
/// # Errors
/// An environment error when a file cannot be written or is there already.
pub fn keygen(file: &Path) -> Result<Exit> {
    let key = SignKey::generate();
    let public = key.write(file)?;
    terminal::print_text(&key.public().id()?)?;
    terminal::note(&format!(
        "private key in {} (keep it secret), public key in {}",
        file.display(),
        public.display()
    ));
    Ok(Exit::Permitted)
}
