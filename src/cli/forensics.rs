//! `forensics`: what happened to a run of the system, told from its own database.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{Common, ForensicsArgs, Format};
use super::setup::subject_file;
use super::{Product, secrets, terminal};
use crate::error::{Chain, Error, Result};
use crate::exit::Exit;
use crate::forensics::{Call, CaseFile, Event, Messages, Report, Run, ask};
use crate::postgres::{ConnectInfo, Secret};
use crate::subject;

/// What `forensics --format json` prints: the report, and what it was told from.
#[derive(Serialize, JsonSchema)]
pub(super) struct Told<'a> {
    /// The run that was asked for.
    run_id: &'a str,
    /// The six lines.
    report: &'a Report,
    /// The titles of the lines that could not be told.
    missing: Vec<&'static str>,
    /// Its row.
    run: Option<&'a Run>,
    /// Its turns with their calls, in order.
    tool_calls: &'a [Call],
    /// Its messages by status.
    outbox: &'a [Messages],
    /// Its events, in order.
    events: &'a [Event],
}

/// Asks the four queries of the subject file, in one transaction that only reads, and prints six lines.
///
/// # Errors
/// Usage when there is no such run, no `[forensics]`, or the queries do not fit the database; environment when the database
/// cannot be reached or read.
pub async fn forensics(product: &Product, arguments: &ForensicsArgs, common: &Common) -> Result<Exit> {
    let address = address(arguments)?;
    let subject = subject::load(&subject_file(&product.builtin, common)?)?;
    secrets::learn_subject(&subject);
    let binding = subject.forensics.as_ref().ok_or_else(|| {
        Error::usage("the subject file has no section [forensics]")
            .at(subject.file.display())
            .fix("describe the four queries; docs/subject.md lists their columns")
    })?;
    let case = ask(&address, binding, &arguments.run_id).await?;
    let report = Report::of(&case);
    if common.format == Format::Json {
        terminal::print_json(&told(&arguments.run_id, &case, &report))?;
    } else {
        let bold = anstyle::Style::new().bold();
        for (title, line) in report.lines() {
            terminal::print_text(&format!("{bold}{title}{bold:#}: {}", line.unwrap_or("(cannot be told)")))?;
        }
    }
    Ok(Exit::Permitted)
}

fn told<'a>(run_id: &'a str, case: &'a CaseFile, report: &'a Report) -> Told<'a> {
    Told {
        run_id,
        report,
        missing: report.missing(),
        run: case.run.as_ref(),
        tool_calls: &case.calls,
        outbox: &case.messages,
        events: &case.events,
    }
}

/// Where to ask, as whom.
fn address(arguments: &ForensicsArgs) -> Result<ConnectInfo> {
    let own = || std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
    let url = arguments.database_url.clone().or_else(own).ok_or_else(|| {
        Error::usage("no database is named").fix("give --database-url URL, or set DATABASE_URL")
    })?;
    secrets::learn([url.as_str()]);
    // The text is not shown: it may hold a password.
    let config: tokio_postgres::Config = url.parse().map_err(|error: tokio_postgres::Error| {
        Error::usage(format!("the database's URL cannot be read: {}", Chain(&error))).fix(ConnectInfo::FORM)
    })?;
    let address = ConnectInfo::of(&config)?;
    let password = || std::env::var("PGPASSWORD").ok().filter(|text| !text.is_empty()).map(Secret::new);
    Ok(ConnectInfo { password: address.password.clone().or_else(password), ..address })
}
