//! The command line: arguments in, exit code out. Only this module prints.

mod args;
mod check;
mod completions;
mod copy;
mod decide;
mod diff;
mod drill;
mod evidence_args;
mod explain;
mod forensics;
mod history;
mod init;
mod keygen;
mod list;
mod man;
mod pick;
mod progress;
mod prove;
mod report;
mod run;
mod schema;
mod secrets;
mod setup;
mod suites;
mod terminal;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use include_dir::Dir;

use crate::drill::Catalogue;
use crate::error::{Error, ErrorKind};
use crate::exit::Exit;
use args::{Cli, Command};
pub use schema::schemas;

/// The reference systems as the binary carries them: files to be laid out, and the subject files among them.
pub struct Builtin {
    /// Folders with their place below the root.
    pub folders: &'static [(&'static str, &'static Dir<'static>)],
    /// The subject file of all drills that have no other, below the root.
    pub subject: &'static str,
    /// Further subject files, each with the ids of its drills.
    pub others: &'static [(&'static str, &'static [&'static str])],
    /// The crate that several systems share, with its place below the root.
    pub shared: (&'static str, &'static Dir<'static>),
    /// The manifest of the workspace whose members they are, and its lock file.
    pub manifest: &'static str,
    /// The versions that it is built with.
    pub lock: &'static str,
}

impl Builtin {
    /// The subject file that a drill is put to, below the root.
    pub fn subject_of(&self, drill: &str) -> &'static str {
        let other = self.others.iter().find(|(_, drills)| drills.contains(&drill));
        other.map_or(self.subject, |(file, _)| file)
    }
}

/// What the binary hands to the engine.
pub struct Product {
    /// All drills.
    pub catalogue: Catalogue,
    /// The reference systems.
    pub builtin: Builtin,
}

/// Parses the arguments, does what they say and gives the exit code.
pub fn main(product: &Product, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            return terminal::usage(&error).into();
        }
    };
    cli.common.color.apply();
    secrets::learn([cli.common.postgres.as_str()]);
    match dispatch(product, &cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::complain(&error);
            // A step of the harness that failed outside of any drill is the surroundings' fault.
            let kind = if error.kind == ErrorKind::Harness { ErrorKind::Environment } else { error.kind };
            Exit::from(kind).into()
        }
    }
}

fn dispatch(product: &Product, cli: &Cli) -> Result<Exit, Error> {
    let common = &cli.common;
    match &cli.command {
        Command::List => list::list(&product.catalogue, common),
        Command::Explain { drill } => explain::explain(&product.catalogue, drill),
        Command::Verify(arguments) => verify::verify(&product.catalogue, arguments, common),
        Command::Report(arguments) => report::report(&product.catalogue, arguments, common),
        Command::History(arguments) => history::show(arguments, common),
        Command::Diff(arguments) => diff::diff(arguments, common),
        Command::Keygen { file } => keygen::keygen(file),
        Command::Decide(arguments) => decide::decide(&product.catalogue, arguments, common),
        Command::Completions { shell } => completions::completions(*shell),
        Command::Man { command } => man::man(command.as_deref()),
        _ => block_on(async {
            let interrupted = setup::interrupted()?;
            let work = async {
                match &cli.command {
                    Command::Drill(arguments) => drill::drill(product, arguments, common).await,
                    Command::Run(arguments) => run::run(product, arguments, common).await,
                    Command::Check => check::check(product, common).await,
                    Command::Forensics(arguments) => forensics::forensics(product, arguments, common).await,
                    Command::Init(arguments) => init::init(product, arguments, common).await,
                    Command::Prove { drills } => prove::prove(product, drills, common).await,
                    _ => Err(Error::harness("this command runs no drills")),
                }
            };
            tokio::select! {
                done = work => done,
                _ = interrupted => Err(Error::interrupted()),
            }
        }),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::environment(format!("cannot start the async runtime: {error}")))?
        .block_on(work)
}
