//! Makes the bare data folder.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Host, SUPERUSER};
use crate::error::{Error, Result};
use crate::process::{Account, Launch};

/// Small WAL segments keep the copy small; durability is of no use in a folder that is packed right after.
pub(super) const OPTIONS: [&str; 5] =
    ["--wal-segsize=1", "--encoding=UTF8", "--no-sync", "--auth=trust", "--no-instructions"];
/// C.UTF-8 where the system has it: the byte order of C, with the character classes of Unicode.
pub(super) const LOCALES: [&str; 2] = ["C.UTF-8", "C"];
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes a new folder with the data folder `data` inside; the caller removes it.
pub(super) async fn run(host: &Host) -> Result<PathBuf> {
    let folder = private_folder(host.scope.fresh_path("init"), host.account)?;
    let mut failure = Error::harness("initdb was not tried");
    for locale in LOCALES {
        let program = host.installation.bin.join("initdb");
        let mut options: Vec<&str> = OPTIONS.into();
        if host.installation.version < 140_000 {
            options.retain(|option| *option != "--no-instructions");
        }
        let launch = Launch::new(program).args(options).args([format!("--locale={locale}")]);
        let launch = launch.args(["-U", SUPERUSER, "-D"]).args([folder.join("data")]);
        let launch = launch.clear_env().envs(environment(&folder)).cwd(&folder).account(host.account);
        let process = launch.spawn(&host.scope).await?;
        match process.wait_exit(PATIENCE).await? {
            Some(status) if status.success() => return Ok(folder),
            _ => failure = process.failure("failed"),
        }
        let _ = std::fs::remove_dir_all(folder.join("data"));
    }
    let _ = std::fs::remove_dir_all(&folder);
    Err(Error::environment(failure.what).at(folder.display()).fix("see that the disk has 100 MB free"))
}

/// Removes the WAL that a cleanly stopped server will not read again, the segments kept for reuse included: a start needs
/// only those with the shutdown checkpoint, and each is a megabyte to copy.
pub(super) async fn trim_wal(host: &Host, data: &Path) -> Result<()> {
    let program = host.installation.bin.join("pg_controldata");
    let process =
        Launch::new(program).args(["-D"]).args([data]).envs([("LC_ALL", "C")]).spawn(&host.scope).await?;
    let label = "Latest checkpoint's REDO WAL file:";
    let Ok(line) = process.wait_line(process.stdout(), 0, |line| line.starts_with(label), PATIENCE).await
    else {
        // Without the program the copies are merely larger.
        return Ok(());
    };
    let needed = line[label.len()..].trim();
    let files = std::fs::read_dir(data.join("pg_wal")).into_iter().flatten().flatten();
    let mut segments: Vec<PathBuf> = files.map(|file| file.path()).filter(|path| path.is_file()).collect();
    segments.retain(|path| path.file_name().is_some_and(|name| name.len() == needed.len()));
    segments.sort();
    let Some(first) = segments.iter().position(|path| path.ends_with(needed)) else { return Ok(()) };
    // The checkpoint's record may reach into the segment behind.
    for (n, path) in segments.iter().enumerate() {
        if n != first && n != first + 1 {
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

/// A new folder that only the server's account may enter.
pub(super) fn private_folder(path: PathBuf, account: Option<Account>) -> Result<PathBuf> {
    let made = DirBuilder::new().mode(0o700).create(&path);
    let owned = made.and_then(|()| match account {
        Some(account) => chown(&path, Some(account.uid), Some(account.gid)),
        None => Ok(()),
    });
    if let Some(account) = account {
        let closed = path.ancestors().skip(1).find(|above| !lets_through(above, account));
        if let Some(closed) = closed {
            return Err(Error::environment(format!(
                "the server runs as user {} and cannot enter a folder",
                account.uid
            ))
            .at(closed.display())
            .fix("set SOR_GATE_SCRATCH to a folder open to all users, such as /tmp"));
        }
    }
    match owned {
        Ok(()) => Ok(path),
        Err(error) => {
            Err(Error::environment(format!("cannot make a server's folder: {error}")).at(path.display()))
        }
    }
}

fn lets_through(folder: &Path, account: Account) -> bool {
    folder.metadata().is_ok_and(|data| {
        let (mode, owner, group) = (data.mode(), data.uid() == account.uid, data.gid() == account.gid);
        mode & 0o001 != 0 || (owner && mode & 0o100 != 0) || (group && mode & 0o010 != 0)
    })
}

/// Nothing of the harness's own environment reaches a server, so that nothing in it changes one.
pub(super) fn environment(home: &Path) -> Vec<(&'static str, String)> {
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".into());
    vec![
        ("PATH", path),
        ("HOME", home.to_string_lossy().into_owned()),
        ("LC_ALL", "C".into()),
        ("TZ", "UTC".into()),
    ]
}
