//! `explain`: a drill's page in the terminal.

use super::{pick, terminal};
use crate::drill::Catalogue;
use crate::error::Error;
use crate::exit::Exit;

/// Prints the page.
///
/// # Errors
/// A usage error for an unknown drill, an environment error when standard output takes nothing.
pub fn explain(catalogue: &Catalogue, typed: &str) -> Result<Exit, Error> {
    let spec = pick::drill(catalogue, typed)?.spec();
    let bold = anstyle::Style::new().bold();
    let lines: Vec<String> = spec
        .page
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(heading) => format!("{bold}{}{bold:#}", heading.trim_start_matches('#').trim_start()),
            None => line.to_owned(),
        })
        .collect();
    terminal::print_text(&lines.join("\n"))?;
    Ok(Exit::Permitted)
}
