//! `init`: a first subject file, guessed from migrations and a database.

pub mod facts;
pub mod file;
pub mod guess;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where migrations usually lie.
const USUAL: [&str; 7] = [
    "migrations",
    "db/migrations",
    "db/migrate",
    "database/migrations",
    "sql/migrations",
    "supabase/migrations",
    "priv/repo/migrations",
];

/// The folder of the migrations: the one named, else one in the usual places.
///
/// # Errors
/// A usage error when there is none.
pub fn migrations(named: Option<&Path>, here: &Path) -> Result<PathBuf> {
    let found = match named {
        Some(named) => Some(here.join(named)).filter(|folder| folder.is_dir()),
        None => USUAL.iter().map(|usual| here.join(usual)).find(|folder| folder.is_dir()),
    };
    found.ok_or_else(|| {
        let place = named.unwrap_or(here);
        Error::usage("there is no folder with migrations")
            .at(place.display())
            .fix("name it with --migrations DIR")
    })
}

/// The role that a refusal missed: `role "app" does not exist`.
pub fn missing_role(refusal: &str) -> Option<&str> {
    let (_, rest) = refusal.split_once("role \"")?;
    rest.split_once("\" does not exist").map(|(role, _)| role)
}
