//! The guard: a process in a session of its own that cleans up when the harness is gone without a goodbye.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};

use nix::sys::signal::{SigSet, Signal};

use super::{hidden, reap};
use crate::error::{Error, Result};

/// What the harness says before it closes the pipe itself.
const GOODBYE: &[u8] = b"goodbye";
const READY: u8 = b'!';

/// The harness's end.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Starts it and waits until nothing aimed at the harness's terminal can reach it any more.
    pub(super) fn start(exe: &Path, run: &str, scratch: &Path) -> Result<Self> {
        let failed = |why: &dyn std::fmt::Display| {
            Error::environment(format!("cannot start the guard process: {why}")).at(exe.display())
        };
        let mut command = Command::new(exe);
        command.arg0("sor-gate").args([hidden::GUARD, run]).arg(scratch).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let pipe = child.stdin.take();
        let mut ready = [0];
        let said = child.stdout.take().map(|mut out| out.read_exact(&mut ready));
        if !matches!(said, Some(Ok(()))) || ready != [READY] {
            drop(pipe);
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed(&"it did not answer").fix("set SOR_GATE_EXE to the sor-gate binary"));
        }
        Ok(Self { child, pipe })
    }

    /// Sends it home: everything has been cleaned up.
    pub(super) fn dismiss(mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(GOODBYE);
        }
        let _ = self.child.wait();
    }
}

/// The guard's own life: wait for the end of the pipe, then clean up unless told goodbye.
pub(super) fn watch(args: &[OsString]) -> ExitCode {
    let [run, scratch] = args else { return ExitCode::FAILURE };
    let (Some(run), scratch) = (run.to_str(), Path::new(scratch)) else { return ExitCode::FAILURE };
    let _ = nix::unistd::setsid();
    // A hang-up or a service manager's TERM is meant for the harness; the guard must outlast it.
    let mut deaf = SigSet::empty();
    [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM].into_iter().for_each(|signal| deaf.add(signal));
    let _ = deaf.thread_block();
    // When the harness has died already, the pipe below tells.
    let mut out = std::io::stdout();
    let _ = out.write_all(&[READY]).and_then(|()| out.flush());
    let mut said = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut said);
    if said != GOODBYE {
        reap::clean(run, scratch);
        // Killed while it made the folder.
        reap::remove(&scratch.with_extension(super::scope::UNFINISHED));
    }
    ExitCode::SUCCESS
}
