//! A parent that keeps a socket open beside its program, for breaks: a Worker with a connection of its own.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use crate::process;
use crate::subject::Program;

const HIDDEN: &str = "__socket-holder";

/// Puts the parent, with a socket connected to `path`, in front of a program.
pub fn hold_a_socket(program: &mut Program, path: &Path) {
    let own = std::mem::take(&mut program.command);
    let front = ["${sor_gate}".to_owned(), HIDDEN.to_owned(), path.display().to_string(), "--".to_owned()];
    program.command = front.into_iter().chain(own).collect();
}

pub(super) fn dispatch(args: &[OsString]) -> Option<ExitCode> {
    let [_, hidden, path, dashes, program, rest @ ..] = args else { return None };
    if hidden != HIDDEN || dashes != "--" {
        return None;
    }
    let run = || -> std::io::Result<ExitCode> {
        let _held = UnixStream::connect(path)?;
        process::pass_through(program, rest)
    };
    Some(run().unwrap_or(ExitCode::FAILURE))
}
