//! `explain`: a drill's page in the terminal.

use std::io::Write;

use super::pick;
use crate::drill::Catalogue;
use crate::error::Error;
use crate::exit::Exit;

/// Prints the page.
pub fn explain(catalogue: &Catalogue, typed: &str) -> Result<Exit, Error> {
    let spec = pick::drill(catalogue, typed)?.spec();
    let mut out = anstream::stdout().lock();
    let bold = anstyle::Style::new().bold();
    for line in spec.page.lines() {
        // A reader that stops reading, such as `head`, is nobody's error.
        let _ = if line.starts_with('#') {
            writeln!(out, "{bold}{}{bold:#}", line.trim_start_matches('#').trim_start())
        } else {
            writeln!(out, "{line}")
        };
    }
    Ok(Exit::Permitted)
}
