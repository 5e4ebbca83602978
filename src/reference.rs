//! The built-in reference system: its files, and its programs behind a hidden subcommand.

use std::ffi::OsString;
use std::process::ExitCode;

use include_dir::{Dir, include_dir};
use sor_gate::cli::Builtin;

static FIXTURE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/reconciler");
static MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations/reconciler");

/// The Reconciler, laid out as in the source tree.
pub const BUILTIN: Builtin = Builtin {
    folders: &[("fixtures/reconciler", &FIXTURE), ("migrations/reconciler", &MIGRATIONS)],
    subject: "fixtures/reconciler/sor-gate.toml",
};

/// `sor-gate reference reconciler …` runs one of the reference system's programs.
pub fn dispatch(args: &[OsString]) -> Option<ExitCode> {
    let is = |at: usize, word: &str| args.get(at).is_some_and(|arg| arg == word);
    (is(1, "reference") && is(2, "reconciler")).then(|| reconciler::main(args[2..].iter().cloned()))
}
