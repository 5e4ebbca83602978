//! The arguments, as clap reads them. Every option has an environment variable `SOR_GATE_…`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use super::evidence_args::{DecideArgs, DiffArgs, HistoryArgs, ReportArgs, VerifyArgs};
use crate::drill::Suite;
use crate::report::kind::Wanted;
use crate::runner::Prove;

/// Is this PostgreSQL database, with the Worker that writes to it, ready to be the system of record?
#[derive(Debug, Parser)]
#[command(name = "sor-gate", version, about, long_about = None, arg_required_else_help = true)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    PERMITTED (or the drill passed, or every break was caught)
  1    BLOCKED (or the drill failed, or a break was not caught)
  2    usage or subject file wrong
  3    the environment failed: no Postgres to be had, no disk
  4    the baseline failed where `prove` needs it green
  130  interrupted
Anything but 0 must close the gate.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all drills on the subject, write the evidence bundle and decide
    Run(RunArgs),
    /// Run one or some drills and print their claims
    Drill(DrillArgs),
    /// Run every break of some or all drills: does the gate notice each?
    Prove {
        /// Drill ids, short names or unique prefixes; all drills by default
        #[arg(value_name = "ID")]
        drills: Vec<String>,
    },
    /// Write a commented sor-gate.toml from migrations and a database
    Init(InitArgs),
    /// Hold the subject file against its schema and the real catalog
    Check,
    /// Recompute the release decision from a bundle
    Decide(DecideArgs),
    /// Check offline that evidence is whole and unchanged: digests, chain, signature, decision
    Verify(VerifyArgs),
    /// List the runs of a folder: when, commit, decision, drill by drill; flaky and newly red drills are marked
    History(HistoryArgs),
    /// Tell what changed between two runs: claims, schema, settings, timings
    Diff(DiffArgs),
    /// Render reports again from a record
    Report(ReportArgs),
    /// Tell what happened to a run of the system, in six lines, from its database (read-only)
    Forensics(ForensicsArgs),
    /// Make an ed25519 key that signs attestations
    Keygen {
        /// Where the private key goes (PEM); the public one goes to FILE.pub
        file: PathBuf,
    },
    /// List drills, claims and breaks
    List,
    /// Show a drill's page: habit, method, how it is broken, remedy
    Explain {
        /// Drill id, short name or unique prefix
        drill: String,
    },
    /// Print a completion script
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff); of one command when it is named
    Man {
        /// A command
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder with the migrations; looked for in the usual places by default
    #[arg(long, env = "SOR_GATE_MIGRATIONS", value_name = "DIR", conflicts_with = "reference")]
    pub migrations: Option<PathBuf>,
    /// A database to look at, in a read-only transaction
    #[arg(long, env = "SOR_GATE_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "sor-gate.toml")]
    pub output: PathBuf,
    /// Write out the whole built-in reference system into this new folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["database_url", "output"])]
    pub reference: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ForensicsArgs {
    /// Id of the run
    #[arg(long, value_name = "ID")]
    pub run_id: String,
    /// The database that the run is in; by default that of DATABASE_URL. A password may stand in PGPASSWORD instead
    #[arg(long, env = "SOR_GATE_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// Run the drills with this break made (ID or DRILL.ID), to see the gate close
    #[arg(long = "break", value_name = "BREAK")]
    pub sabotage: Option<String>,
    /// Write the evidence into this folder instead of evidence/
    #[arg(long, env = "SOR_GATE_OUT", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How many breaks each drill is repeated under
    #[arg(long, env = "SOR_GATE_PROVE", default_value = "one")]
    pub prove: Prove,
    /// Sign the attestation with this ed25519 private key (PEM)
    #[arg(long, env = "SOR_GATE_SIGN_KEY", value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
    /// A report besides report.html: html, junit, sarif or summary, in the run's folder or in FILE (repeatable)
    #[arg(long, env = "SOR_GATE_REPORT", value_name = "KIND[:FILE]", value_delimiter = ',')]
    pub report: Vec<Wanted>,
}

#[derive(Debug, Args)]
pub struct DrillArgs {
    /// Drill ids, short names or unique prefixes
    #[arg(required = true, value_name = "ID")]
    pub drills: Vec<String>,
    /// Run it sabotaged by this break
    #[arg(long = "break", value_name = "BREAK")]
    pub sabotage: Option<String>,
    /// Go through every migration of the history, one after the other (migration_review)
    #[arg(long, conflicts_with = "sabotage")]
    pub all: bool,
    /// Leave the databases up afterwards, print how to look at them, and wait for Ctrl-C
    #[arg(long, env = "SOR_GATE_KEEP")]
    pub keep: bool,
    /// Run it so many times
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// The subject file; by default sor-gate.toml here or above, else the built-in reference
    #[arg(long, global = true, env = "SOR_GATE_SUBJECT", value_name = "FILE")]
    pub subject: Option<PathBuf>,
    /// Where Postgres comes from: auto, local, container or the URL of an existing server
    #[arg(
        long,
        global = true,
        env = "SOR_GATE_POSTGRES",
        default_value = "auto",
        value_name = "SOURCE",
        hide_env_values = true
    )]
    pub postgres: String,
    /// Major version of Postgres
    #[arg(long, global = true, env = "SOR_GATE_PG_VERSION", value_name = "N")]
    pub pg_version: Option<u32>,
    /// Container image of Postgres; postgres:N by default
    #[arg(long, global = true, env = "SOR_GATE_IMAGE", value_name = "IMAGE")]
    pub image: Option<String>,
    /// Suite of drills (repeatable); system-of-record by default
    #[arg(
        long = "suite",
        global = true,
        env = "SOR_GATE_SUITE",
        value_name = "SUITE",
        value_delimiter = ','
    )]
    pub suites: Vec<Suite>,
    /// How many drills run side by side; three for two processors by default
    #[arg(long, global = true, env = "SOR_GATE_JOBS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// Workers of a fleet
    #[arg(long, global = true, env = "SOR_GATE_WORKERS", default_value_t = 32, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=200))]
    pub workers: u16,
    /// Rows that a fleet works through; four for each Worker by default
    #[arg(long, global = true, env = "SOR_GATE_ROWS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rows: Option<u32>,
    /// Seed of all randomness; printed and recorded
    #[arg(long, global = true, env = "SOR_GATE_SEED", value_name = "N")]
    pub seed: Option<u64>,
    /// Longest time that one run of a drill may take, in seconds
    #[arg(long, global = true, env = "SOR_GATE_TIMEOUT", default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
    /// What goes to standard output
    #[arg(long, global = true, env = "SOR_GATE_FORMAT", default_value = "human")]
    pub format: Format,
    /// Colours
    #[arg(long, global = true, env = "SOR_GATE_COLOR", default_value = "auto")]
    pub color: Color,
    /// No live progress
    #[arg(long, global = true, env = "SOR_GATE_NO_PROGRESS")]
    pub no_progress: bool,
    /// Show every claim, not only those that failed
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show only the decision
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
    /// One JSON object a line for each happening.
    NdjsonEvents,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Sets the choice for everything printed from here on.
    pub fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}
