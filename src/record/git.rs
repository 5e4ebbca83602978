//! The commit that is checked out where a file lies, read from the repository's own files (gitrepository-layout), and
//! whether the files are those of the commit, as git tells it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use crate::process::{Launch, Output, Scope};

/// Longest time that git may take to look at a work tree.
const PATIENCE: Duration = Duration::from_secs(30);
/// More files than this say no more than that there were many.
const LISTED: usize = 50;

/// The files that are not as the commit has them, new ones too, but for those below `aside`; `None` where that cannot be
/// told: outside a repository, without git, or when git refuses.
pub(super) async fn uncommitted(scope: &Scope, place: &Path, aside: &Path) -> Option<Vec<String>> {
    let root = place.ancestors().find(|folder| git_folder(folder).is_some())?.canonicalize().ok()?;
    let aside = aside.canonicalize().or_else(|_| std::path::absolute(aside)).ok()?;
    let status = tokio::time::timeout(PATIENCE, status(scope, &root)).await.ok()??;
    // `XY path`, each ended by a zero byte (git-status(1), porcelain format version 1).
    let paths = status.split('\0').filter_map(|entry| entry.get(3..)).filter(|path| !path.is_empty());
    let mut found: Vec<String> =
        paths.filter(|path| !root.join(path).starts_with(&aside)).map(str::to_owned).collect();
    if found.len() > LISTED {
        let more = found.len() - LISTED;
        found.truncate(LISTED);
        found.push(format!("… and {more} more"));
    }
    Some(found)
}

async fn status(scope: &Scope, root: &Path) -> Option<String> {
    // Nothing is started or written by the way, and it does not matter who owns the files.
    let args = ["-c", "core.fsmonitor=false", "-c", "safe.directory=*", "status", "--porcelain=v1", "-z"];
    let kept = ["PATH", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    let git = Launch::new("git")
        .args(args)
        .args(["--no-renames", "--untracked-files=all"])
        .clear_env()
        .envs(kept)
        .envs([("GIT_OPTIONAL_LOCKS", "0"), ("LC_ALL", "C")])
        .cwd(root)
        .stdout(Output::Pipe)
        .spawn(scope)
        .await
        .ok()?;
    let mut printed = Vec::new();
    git.take_stdout()?.read_to_end(&mut printed).await.ok()?;
    git.wait().await.ok()?.success().then(|| String::from_utf8_lossy(&printed).into_owned())
}

/// The full id of the commit at HEAD, or `None` outside a repository and before the first commit.
pub(super) fn commit(place: &Path) -> Option<String> {
    let own = place.ancestors().find_map(git_folder)?;
    let head = line(&own.join("HEAD"))?;
    let Some(reference) = head.strip_prefix("ref: ") else { return id(&head) };
    // Branches of a linked work tree lie in the common folder.
    let common = line(&own.join("commondir")).map_or_else(|| own.clone(), |path| own.join(path));
    let loose = [&own, &common].iter().find_map(|folder| id(&line(&folder.join(reference))?));
    loose.or_else(|| packed(&common, reference))
}

fn git_folder(folder: &Path) -> Option<PathBuf> {
    let place = folder.join(".git");
    if place.is_dir() {
        return Some(place);
    }
    let target = line(&place)?;
    Some(folder.join(target.strip_prefix("gitdir: ")?))
}

fn packed(common: &Path, reference: &str) -> Option<String> {
    let text = fs::read_to_string(common.join("packed-refs")).ok()?;
    text.lines()
        .find_map(|line| line.split_once(' ').filter(|(_, name)| *name == reference))
        .and_then(|(hex, _)| id(hex))
}

fn line(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok()?.lines().next().map(str::to_owned)
}

/// SHA-1 or SHA-256 in hexadecimal.
fn id(text: &str) -> Option<String> {
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hex && [40, 64].contains(&text.len())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "4f2a9c81d07be35a6f11c0de9b8a7766554433ff";
    const TWO: &str = "00009c81d07be35a6f11c0de9b8a776655443300";

    #[test]
    fn every_layout_is_read() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let write = |name: &str, text: &str| {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), text).unwrap();
        };
        assert_eq!(commit(&at("repo/sub")), None);
        write("repo/.git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(commit(&at("repo/sub")), None, "before the first commit");
        write("repo/.git/packed-refs", &format!("# pack-refs\n{TWO} refs/heads/main\n"));
        assert_eq!(commit(&at("repo/sub")).as_deref(), Some(TWO));
        write("repo/.git/refs/heads/main", &format!("{ONE}\n"));
        assert_eq!(commit(&at("repo/sub")).as_deref(), Some(ONE), "loose before packed");
        write("tree/.git", &format!("gitdir: {}\n", at("repo/.git/worktrees/tree").display()));
        write("repo/.git/worktrees/tree/HEAD", "ref: refs/heads/main\n");
        write("repo/.git/worktrees/tree/commondir", "../..\n");
        assert_eq!(commit(&at("tree")).as_deref(), Some(ONE), "a linked work tree");
        write("repo/.git/HEAD", &format!("{TWO}\n"));
        assert_eq!(commit(&at("repo")).as_deref(), Some(TWO), "detached");
    }
}
