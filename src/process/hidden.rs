//! The hidden subcommands by which the binary re-executes itself.

use std::ffi::OsString;
use std::process::ExitCode;

use super::{bound, guard};

pub(super) const BOUND: &str = "__bound";
pub(super) const GUARD: &str = "__guard";

/// Runs a hidden subcommand when `args` (with the program's name first) asks for one. To be called before anything
/// else in `main`: these processes must neither read a command line nor start threads first.
pub fn dispatch_hidden(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let args: Vec<OsString> = args.into_iter().skip(1).collect();
    let (first, rest) = args.split_first()?;
    match first.to_str()? {
        BOUND => Some(bound::become_program(rest)),
        GUARD => Some(guard::watch(rest)),
        crate::worker::STAND_IN => Some(crate::worker::stand_in()),
        _ => None,
    }
}
