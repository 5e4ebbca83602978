//! Python packages, installed once into a folder under `target`.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// The packages of a list, in a virtual environment of their own that is kept under a digest of the list.
pub fn installed(list: &Path) -> PathBuf {
    let digest = Sha256::digest(std::fs::read(list).unwrap());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name = list.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("python");
    std::fs::create_dir_all(&target).unwrap();
    let venv = target.join(format!("{name}-{digest}"));
    let lock: File = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(venv.with_extension("lock"))
        .unwrap();
    lock.lock().unwrap();
    let whole = venv.join("whole");
    if !whole.is_file() {
        let run = |program: &Path, words: &[&str]| {
            let output = Command::new(program).args(words).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{} {words:?}: {said}", program.display());
        };
        run(Path::new("python3"), &["-m", "venv", "--clear", &venv.to_string_lossy()]);
        let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run(&venv.join("bin/python"), &[&words[..], &[&list.to_string_lossy()]].concat());
        std::fs::write(&whole, "").unwrap();
    }
    venv
}
