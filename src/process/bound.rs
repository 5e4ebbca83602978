//! The hidden re-execution that binds a program to the harness's life, then becomes that program.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::str::FromStr;

use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid};

use super::launch::Account;

/// The exit code of a shell whose command cannot be executed.
const CANNOT_EXECUTE: u8 = 127;
/// In place of an account: the harness's own.
const SAME_ACCOUNT: &str = "-";

/// The arguments in front of `-- program …`.
pub(super) fn arguments(signal: Signal, account: Option<Account>) -> Vec<OsString> {
    let account = account.map_or(SAME_ACCOUNT.into(), |a| format!("{}:{}", a.uid, a.gid));
    [super::hidden::BOUND, &Pid::this().to_string(), signal.as_str(), &account].map(OsString::from).into()
}

/// Drops privileges, asks for the parent-death signal, and executes. The order matters: changing the user clears the
/// signal (prctl(2)), and a parent that died before it was asked for is seen by its id.
///
/// This binary is not executed again: its command line is handed back, the program's name first. But with another account
/// it is, for only what was executed under it may be looked at by it (`PR_SET_DUMPABLE`, prctl(2)).
pub(super) fn become_program(args: &[OsString]) -> ControlFlow<ExitCode, Vec<OsString>> {
    let same_account = args.get(2).is_some_and(|account| account == SAME_ACCOUNT);
    let why = match prepare(args) {
        Ok(own @ [program, ..]) if same_account && is_this(program) => {
            return ControlFlow::Continue(own.to_vec());
        }
        Ok([program, rest @ ..]) => {
            let error = Command::new(program).args(rest).exec();
            format!("cannot execute {}: {error}", program.display())
        }
        Ok([]) => "cannot execute: no program given".into(),
        Err(why) => why,
    };
    let _ = writeln!(std::io::stderr(), "{why}");
    ControlFlow::Break(ExitCode::from(CANNOT_EXECUTE))
}

/// Whether the program is the file that runs here. A bare name, which PATH would have to be searched for, is taken for
/// another.
#[cfg(target_os = "linux")]
fn is_this(program: &OsStr) -> bool {
    let file = |path: &OsStr| std::fs::metadata(path).ok().map(|of| (of.dev(), of.ino()));
    program.as_encoded_bytes().contains(&b'/')
        && file(program).is_some_and(|it| Some(it) == file("/proc/self/exe".as_ref()))
}

#[cfg(not(target_os = "linux"))]
fn is_this(_: &OsStr) -> bool {
    false
}

fn prepare(args: &[OsString]) -> Result<&[OsString], String> {
    let [parent, signal, account, dashes, program @ ..] = args else {
        return Err("not for use by hand".into());
    };
    let text = |arg: &OsString| arg.to_string_lossy().into_owned();
    if dashes != "--" {
        return Err("not for use by hand".into());
    }
    if let Some((uid, gid)) = text(account).split_once(':') {
        let id = |text: &str| text.parse::<u32>().map_err(|error| format!("bad account: {error}"));
        let (uid, gid) = (Uid::from_raw(id(uid)?), Gid::from_raw(id(gid)?));
        become_account(uid, gid).map_err(|errno| format!("cannot become user {uid}: {}", errno.desc()))?;
    }
    let signal = Signal::from_str(&text(signal)).map_err(|errno| format!("bad signal: {}", errno.desc()))?;
    bind(signal)?;
    if Pid::parent().to_string() != text(parent) {
        return Err("the harness is gone".into());
    }
    Ok(program)
}

fn become_account(uid: Uid, gid: Gid) -> nix::Result<()> {
    #[cfg(not(target_vendor = "apple"))]
    nix::unistd::setgroups(&[gid])?;
    nix::unistd::setgid(gid)?;
    nix::unistd::setuid(uid)
}

#[cfg(target_os = "linux")]
fn bind(signal: Signal) -> Result<(), String> {
    nix::sys::prctl::set_pdeathsig(signal)
        .map_err(|errno| format!("no parent-death signal: {}", errno.desc()))
}

/// Elsewhere the guard alone ends what the harness leaves behind.
#[cfg(not(target_os = "linux"))]
fn bind(_: Signal) -> Result<(), String> {
    Ok(())
}
