//! Finds server binaries, and the account to run them under.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{User, geteuid};

use super::known::Known;
use crate::error::{Error, Result};
use crate::postgres::provisioner::ProvisionOptions;
use crate::process::{Account, Launch, Scope};

/// The oldest major version the gate is tried with.
const OLDEST: u32 = 12;
/// Folders that hold one folder a version, as distributions and package managers lay them out.
const SHELVES: [(&str, &str); 7] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr/lib64/postgresql", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Library/PostgreSQL", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];
const PATIENCE: Duration = Duration::from_secs(10);

/// A folder of server binaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installation {
    /// Where `postgres` and `initdb` are.
    pub bin: PathBuf,
    /// `server_version_num`.
    pub version: u32,
    /// What `postgres --version` prints.
    pub banner: String,
}

/// The newest installation that fits. `pg_config` is asked only when nothing else fits, because it is slow.
pub(super) async fn installation(options: &ProvisionOptions) -> Result<Installation> {
    let known = Known::open(&options.cache_folder()?);
    let (mut best, mut tried, mut seen) = (None, Vec::new(), BTreeSet::new());
    let mut consider = async |found: Vec<(PathBuf, &'static str)>| {
        for (bin, origin) in found {
            if !seen.insert(bin.canonicalize().unwrap_or_else(|_| bin.clone())) {
                continue;
            }
            match probe(&options.scope, &known, &bin).await.and_then(|found| fitting(found, options.version))
            {
                Ok(found) if best.as_ref().is_none_or(|best: &Installation| found.version > best.version) => {
                    best = Some(found);
                }
                Ok(_) => {}
                Err(why) => tried.push(format!("{} ({origin}): {why}", bin.display())),
            }
        }
        best.clone()
    };
    if let Some(found) = consider(usual_places()).await {
        return Ok(found);
    }
    if let Some(found) = consider(told_by_pg_config(&options.scope).await).await {
        return Ok(found);
    }
    let wanted = options.version.map(|version| format!(" {version}")).unwrap_or_default();
    tried.push(
        "looked in PATH, /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, Homebrew, Postgres.app and where \
         pg_config says"
            .into(),
    );
    Err(Error::environment(format!("no local PostgreSQL{wanted} server binaries: {}", tried.join("; ")))
        .fix("install the PostgreSQL server package, or choose another --postgres or --pg-version"))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The folders to look at, with where each was learned from.
fn usual_places() -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    if let Some(real) = in_path("postgres").and_then(|file| file.canonicalize().ok()) {
        found.extend(real.parent().map(|dir| (dir.to_owned(), "PATH")));
    }
    for (shelf, bin) in SHELVES {
        let entries = std::fs::read_dir(shelf).into_iter().flatten().flatten();
        let folders =
            entries.map(|entry| entry.path().join(bin)).filter(|dir| dir.join("postgres").is_file());
        found.extend(folders.map(|dir| (dir, "usual folder")));
    }
    found
}

/// Every program of this name in PATH and in the usual folders.
pub(super) fn programs(name: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = in_path(name).into_iter().collect();
    for (shelf, bin) in SHELVES {
        let entries = std::fs::read_dir(shelf).into_iter().flatten().flatten();
        found.extend(entries.map(|entry| entry.path().join(bin).join(name)).filter(|file| file.is_file()));
    }
    found
}

async fn told_by_pg_config(scope: &Scope) -> Vec<(PathBuf, &'static str)> {
    let Some(program) = in_path("pg_config") else { return Vec::new() };
    let Ok(process) = Launch::new(program).args(["--bindir"]).spawn(scope).await else { return Vec::new() };
    let line = process.wait_line(process.stdout(), 0, |line| !line.is_empty(), PATIENCE).await;
    line.map(|line| vec![(PathBuf::from(line), "pg_config")]).unwrap_or_default()
}

async fn probe(scope: &Scope, known: &Known, bin: &Path) -> Result<Installation, String> {
    for program in ["postgres", "initdb"] {
        if !bin.join(program).is_file() {
            return Err(format!("no `{program}` there"));
        }
    }
    let version =
        |banner: &str| version_num(banner).ok_or_else(|| format!("`postgres --version` says `{banner}`"));
    let binary = bin.join("postgres");
    if let Some(banner) = known.get(&binary) {
        return Ok(Installation { bin: bin.to_owned(), version: version(&banner)?, banner });
    }
    let process = Launch::new(&binary).args(["--version"]).spawn(scope).await;
    let process = process.map_err(|error| error.to_string())?;
    let banner =
        process.wait_line(process.stdout(), 0, |_| true, PATIENCE).await.map_err(|error| error.what)?;
    let found = Installation { bin: bin.to_owned(), version: version(&banner)?, banner };
    known.put(&binary, &found.banner);
    Ok(found)
}

fn fitting(found: Installation, wanted: Option<u32>) -> Result<Installation, String> {
    let major = found.version / 10_000;
    match wanted {
        Some(wanted) if wanted != major => Err(format!("version {major}, not {wanted}")),
        None if major < OLDEST => Err(format!("version {major}, older than {OLDEST}")),
        _ => Ok(found),
    }
}

/// `postgres (PostgreSQL) 15.14 (Debian …)` is 150014; `18beta1` is 180000.
pub(super) fn version_num(banner: &str) -> Option<u32> {
    let text = banner.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let digits =
        |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>();
    let major = digits(text).ok()?;
    let minor = text.split_once('.').and_then(|(_, minor)| digits(minor).ok()).unwrap_or(0);
    Some(major * 10_000 + minor)
}

/// The server refuses to run as root, so root runs it as `postgres`, else as `nobody`.
pub(super) fn account() -> Result<Option<Account>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let known = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
    let user = known.ok_or_else(|| {
        Error::environment(
            "Postgres does not run as root, and there is neither a user `postgres` nor `nobody`",
        )
        .fix("run the gate as an ordinary user")
    })?;
    Ok(Some(Account { uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banners_are_read() {
        assert_eq!(version_num("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(150_014));
        assert_eq!(version_num("postgres (PostgreSQL) 18beta1"), Some(180_000));
        assert_eq!(version_num("something else"), None);
    }
}
