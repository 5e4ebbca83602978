//! Tells release builds which commit they are made from. Other builds say that they do not know, because
//! they are made again and again between commits. And links the binary so that it starts quickly.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOR_GATE_COMMIT");
    // The gate starts itself hundreds of times a run, and fifty thousand relocations each time are a third of such a start.
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bin=sor-gate=-no-pie");
    }
    let given = std::env::var("SOR_GATE_COMMIT").ok();
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| if release { git(&["rev-parse", "HEAD"]) } else { None });
    if release
        && let Some(log) =
            git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists())
    {
        println!("cargo::rerun-if-changed={log}");
    }
    if let Some(commit) = commit {
        println!("cargo::rustc-env=SOR_GATE_COMMIT={commit}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
