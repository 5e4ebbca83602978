//! Programs below a hidden process of the gate's own. That process is bound to the harness, its children share its
//! group and carry the run's mark, so that they end with it.

use std::ffi::OsStr;
use std::io;
use std::process::{ExitCode, Stdio};

use tokio::process::{Child, Command};

/// Starts a program with pipes to its standard input and output.
///
/// # Errors
/// When it cannot be started.
pub fn piped<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: &[S]) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()
}

/// Starts a program that reads nothing and writes where this process does.
///
/// # Errors
/// When it cannot be started.
pub fn beside<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: &[S]) -> io::Result<Child> {
    Command::new(program).args(args).stdin(Stdio::null()).kill_on_drop(true).spawn()
}

/// Runs a program on this process's own standard streams to its end, and hands its exit code on.
///
/// # Errors
/// When it cannot be started.
pub fn pass_through<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: &[S]) -> io::Result<ExitCode> {
    let status = std::process::Command::new(program).args(args).status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
