//! Keys: ed25519 (RFC 8032) in PEM files (PKCS#8, RFC 8410), as `openssl genpkey -algorithm ed25519` writes them too.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, KeypairBytes,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::error::{Error, Result};
use crate::record::digest;

/// A private key. It is never printed.
pub struct SignKey(SigningKey);

/// A public key.
#[derive(Debug, Clone)]
pub struct PublicKey(VerifyingKey);

impl SignKey {
    /// A new key from the system's randomness.
    pub fn generate() -> Self {
        Self(SigningKey::from_bytes(&rand::random()))
    }

    /// Reads a key's file.
    ///
    /// # Errors
    /// A usage error when it is no ed25519 private key in PEM.
    pub fn read(file: &Path) -> Result<Self> {
        let text = readable(file, "signing key")?;
        let key = SigningKey::from_pkcs8_pem(&text).map_err(|_| no_key(file, "private"))?;
        Ok(Self(key))
    }

    /// Writes the key, for its owner alone, and beside it its public half; replaces nothing. Returns the public file.
    ///
    /// # Errors
    /// An environment error when either cannot be written.
    pub fn write(&self, file: &Path) -> Result<PathBuf> {
        let cannot = |place: &Path, error: std::io::Error| {
            Error::environment(format!("the key cannot be written: {error}"))
                .at(place.display())
                .fix("name a file that is not there yet")
        };
        let encoding = |_| Error::harness("the key cannot be encoded");
        let mut name = file.as_os_str().to_owned();
        name.push(".pub");
        let public = PathBuf::from(name);
        if fs::symlink_metadata(&public).is_ok() {
            return Err(cannot(&public, std::io::ErrorKind::AlreadyExists.into()));
        }
        // Without the public half in the private file: older OpenSSL reads no other form.
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let private = pair.to_pkcs8_pem(LineEnding::LF).map_err(encoding)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let write = |path: &Path, text: &str, options: &OpenOptions| {
            let mut open = options.open(path)?;
            open.write_all(text.as_bytes())?;
            open.sync_all()
        };
        write(file, &private, &options).map_err(|error| cannot(file, error))?;
        let text = self.public().to_pem()?;
        write(&public, &text, options.mode(0o644)).map_err(|error| cannot(&public, error))?;
        Ok(public)
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// Reads a public key's file.
    ///
    /// # Errors
    /// A usage error when it is no ed25519 public key in PEM.
    pub fn read(file: &Path) -> Result<Self> {
        let text = readable(file, "public key")?;
        let key = VerifyingKey::from_public_key_pem(&text).map_err(|_| no_key(file, "public"))?;
        Ok(Self(key))
    }

    /// The key as PEM (RFC 8410).
    ///
    /// # Errors
    /// A harness error when it cannot be encoded.
    pub fn to_pem(&self) -> Result<String> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|_| Error::harness("the key cannot be encoded"))
    }

    /// `sha256:` and the digest of the key in DER form.
    ///
    /// # Errors
    /// As [`PublicKey::to_pem`].
    pub fn id(&self) -> Result<String> {
        let der = self.0.to_public_key_der().map_err(|_| Error::harness("the key cannot be encoded"))?;
        Ok(digest(der.as_bytes()))
    }

    /// Whether this key made the signature; malleable signatures and weak keys are refused.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

fn readable(file: &Path, what: &str) -> Result<String> {
    fs::read_to_string(file).map_err(|error| {
        Error::usage(format!("the {what} cannot be read: {error}"))
            .at(file.display())
            .fix("make one with `sor-gate keygen FILE`")
    })
}

fn no_key(file: &Path, half: &str) -> Error {
    Error::usage(format!("the file holds no ed25519 {half} key in PEM"))
        .at(file.display())
        .fix("make one with `sor-gate keygen FILE`")
}
