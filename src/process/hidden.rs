//! The hidden subcommands by which the binary re-executes itself.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::process::ExitCode;

use super::{bound, guard};

pub(super) const BOUND: &str = "__bound";
pub(super) const GUARD: &str = "__guard";

/// Runs a hidden subcommand when `args` (with the program's name first) asks for one; else hands back the command line
/// to go on with. To be called before anything else in `main`: these processes must neither read a command line nor start
/// threads first.
pub fn dispatch_hidden(args: Vec<OsString>) -> ControlFlow<ExitCode, Vec<OsString>> {
    let Some((first, rest)) = args.get(1..).and_then(|own| own.split_first()) else {
        return ControlFlow::Continue(args);
    };
    match first.to_str() {
        // What is bound may be one of these itself.
        Some(BOUND) => dispatch_hidden(bound::become_program(rest)?),
        Some(GUARD) => ControlFlow::Break(guard::watch(rest)),
        Some(crate::worker::STAND_IN) => ControlFlow::Break(crate::worker::stand_in()),
        _ => ControlFlow::Continue(args),
    }
}
