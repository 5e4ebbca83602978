//! `man`: the manual page, of the whole or of one command (roff).

use clap::CommandFactory;

use super::args::Cli;
use super::terminal;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::subject::suggest;

/// Prints it.
///
/// # Errors
/// Usage for a command that is not there.
pub fn man(wanted: Option<&str>) -> Result<Exit> {
    let mut whole = Cli::command();
    whole.build();
    let page = match wanted {
        None => whole,
        Some(name) => {
            let names: Vec<String> = whole.get_subcommands().map(|one| one.get_name().to_owned()).collect();
            let found = whole.find_subcommand(name).cloned();
            let command = found.ok_or_else(|| {
                let fix = suggest(name, names.iter().map(String::as_str));
                Error::usage(format!("there is no command `{name}`")).fix(fix)
            })?;
            command.name(format!("sor-gate-{name}"))
        }
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut roff)
        .map_err(|error| Error::environment(format!("cannot write the page: {error}")))?;
    terminal::print_text(String::from_utf8_lossy(&roff).trim_end())?;
    Ok(Exit::Permitted)
}
