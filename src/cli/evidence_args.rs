//! The arguments of commands that read evidence.

use std::path::PathBuf;

use clap::Args;

use crate::report::kind::Wanted;

#[derive(Debug, Args)]
pub struct DecideArgs {
    /// A bundle, with or without its record beside it, or the folder of a run
    #[arg(value_name = "FILE|DIR")]
    pub place: PathBuf,
    /// Block unless the record is of this commit of the subject (at least seven digits)
    #[arg(long, env = "SOR_GATE_COMMIT_WANTED", value_name = "COMMIT")]
    pub commit: Option<String>,
    /// Block when the record is older, e.g. 12h, 7d
    #[arg(long, env = "SOR_GATE_MAX_AGE", value_name = "AGE", value_parser = age)]
    pub max_age: Option<jiff::SignedDuration>,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The folder of a run
    pub dir: PathBuf,
    /// Which report: html, junit, sarif or summary, to standard output or into FILE (repeatable)
    #[arg(long, required = true, value_name = "KIND[:FILE]")]
    pub report: Vec<Wanted>,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The folder that holds `runs`
    #[arg(default_value = "evidence")]
    pub dir: PathBuf,
    /// Show the newest N only
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The first run: its folder, its id or the end of that
    #[arg(value_name = "RUN")]
    pub before: PathBuf,
    /// The second
    #[arg(value_name = "RUN")]
    pub after: PathBuf,
    /// The folder in which ids are looked up, instead of evidence/
    #[arg(long, env = "SOR_GATE_OUT", value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The folder of a run, or the folder that holds `runs`
    pub dir: PathBuf,
    /// The attestation must be signed by this ed25519 public key (PEM)
    #[arg(long, env = "SOR_GATE_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// Reads `90m`, `12h`, `7d`; a day is 24 hours.
fn age(text: &str) -> Result<jiff::SignedDuration, String> {
    let span: jiff::Span = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let age =
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())?;
    if age.is_negative() { Err("an age is not negative".into()) } else { Ok(age) }
}
