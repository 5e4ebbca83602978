//! Client programs of Postgres on this machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::find;
use crate::error::{Error, Result};
use crate::process::{Launch, Scope};

const PATIENCE: Duration = Duration::from_secs(10);

/// The newest program of this name, which must be at least as new as the server (`server_version_num`) that it is for.
///
/// # Errors
/// Environment when there is none, or only older ones.
pub async fn newest_tool(scope: &Scope, name: &str, server: u32) -> Result<PathBuf> {
    let mut newest: Option<(u32, PathBuf)> = None;
    for tool in find::programs(name) {
        let Some(version) = version_of(scope, &tool).await else { continue };
        if newest.as_ref().is_none_or(|(best, _)| version > *best) {
            newest = Some((version, tool));
        }
    }
    let major = server / 10_000;
    let remedy = format!(
        "install the PostgreSQL client package of version {major} or newer, or name a dump in database.dump"
    );
    match newest {
        Some((version, tool)) if version / 10_000 >= major => Ok(tool),
        Some((version, tool)) => {
            let what =
                format!("{name} of version {} cannot read a server of version {major}", version / 10_000);
            Err(Error::environment(what).at(tool.display()).fix(remedy))
        }
        None => Err(Error::environment(format!("there is no {name} on this machine")).fix(remedy)),
    }
}

async fn version_of(scope: &Scope, tool: &Path) -> Option<u32> {
    let process = Launch::new(tool).args(["--version"]).spawn(scope).await.ok()?;
    let banner = process.wait_line(process.stdout(), 0, |_| true, PATIENCE).await.ok()?;
    find::version_num(&banner)
}
