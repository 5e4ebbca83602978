//! Finds a server binary.

use std::path::{Path, PathBuf};

/// The names that it goes by; Valkey speaks the same protocol.
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];
/// Where packages put it when that is not in PATH.
const USUAL: [&str; 7] = [
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/redis/bin",
    "/usr/local/opt/redis/bin",
    "/opt/redis/bin",
];

/// The first binary found, or where it was looked for.
pub(super) fn binary() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(USUAL.map(PathBuf::from)).collect();
    among(&folders).ok_or_else(|| format!("no {} in PATH, {}", NAMES.join(" or "), USUAL.join(", ")))
}

fn among(folders: &[PathBuf]) -> Option<PathBuf> {
    let executable =
        |file: &Path| file.is_file() && nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok();
    let files = folders.iter().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    files.into_iter().find(|file| executable(file))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_cannot_be_run_is_passed_over() {
        let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        std::fs::write(first.path().join("redis-server"), "").unwrap();
        let good = second.path().join("valkey-server");
        std::fs::write(&good, "").unwrap();
        std::fs::set_permissions(&good, std::fs::Permissions::from_mode(0o755)).unwrap();
        let folders = [first.path().to_owned(), second.path().to_owned()];
        assert_eq!(among(&folders), Some(good));
        assert_eq!(among(&folders[..1]), None);
    }
}
