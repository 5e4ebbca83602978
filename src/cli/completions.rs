//! `completions`: a script for the shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::terminal;
use crate::error::Result;
use crate::exit::Exit;

/// Prints it.
///
/// # Errors
/// An environment error when standard output is closed.
pub fn completions(shell: Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "sor-gate", &mut script);
    terminal::print_text(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Permitted)
}
