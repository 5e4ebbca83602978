//! The schema of a live database, with roles, memberships, grants and settings, as SQL. The database is only read: the roles
//! in a read-only transaction, the rest by `pg_dump`, whose session is read-only too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio_postgres::{Client, Config};

use super::connect::{ConnectInfo, Secret};
use super::local::newest_tool;
use crate::error::{Error, Result};
use crate::migration::Script;
use crate::process::{Launch, Output, Scope};

/// Statements that make what a dump of one database leaves out, in order.
const ROLES: &str = include_str!("copied.sql");
/// How long the source may take, locks that are waited for included.
const PATIENCE: Duration = Duration::from_secs(120);
const OPTIONS: &str = "-c default_transaction_read_only=on -c lock_timeout=10s";
/// No schema is longer, in bytes.
const LONGEST: u64 = 256 << 20;

/// Copies the schema: first the roles, then the rest.
///
/// # Errors
/// Environment when the database cannot be reached or read, or there is no `pg_dump` that fits; usage for a bad URL.
pub async fn copied(scope: &Scope, url: &str) -> Result<Vec<Script>> {
    let source = url_of(url)?;
    let client = source.connect("sor-gate copy").await.map_err(|error| unreachable(&error, &source))?;
    let (version, roles) = roles(&client).await.map_err(|error| unreachable(&error, &source))?;
    let tool = newest_tool(scope, "pg_dump", version).await?;
    let text = dump(scope, &tool, &source).await?;
    let named = |what: &str| PathBuf::from(format!("{what} of {}", source.redacted()));
    Ok(vec![Script::of_dump(&named("roles"), &roles)?, Script::of_dump(&named("schema"), &text)?])
}

/// Where a URL leads, or the variable that holds one (`$NAME`). A password may stand in PGPASSWORD.
fn url_of(text: &str) -> Result<ConnectInfo> {
    let missing = |name: &str| {
        let what = format!("the variable {name}, which is to hold a URL, is not set");
        Error::usage(what).at("database.copy").fix(format!("set {name}, or name a dump in database.dump"))
    };
    let url = match text.strip_prefix('$') {
        Some(name) => std::env::var(name).map_err(|_| missing(name))?,
        None => text.to_owned(),
    };
    let parsed = url.parse::<Config>().map_err(|_| Error::usage("the URL cannot be read"));
    let found = parsed.and_then(|config| ConnectInfo::of(&config));
    let found = found.map_err(|error| error.at("database.copy").fix(ConnectInfo::FORM))?;
    let password = found.password.clone().or_else(|| std::env::var("PGPASSWORD").ok().map(Secret::new));
    Ok(ConnectInfo { password, ..found })
}

fn unreachable(error: &Error, source: &ConnectInfo) -> Error {
    Error::environment(format!("cannot read the database that is to be copied: {}", error.what))
        .at(source.redacted())
        .fix("give database.copy the URL of a database whose catalog the role may read")
}

async fn roles(client: &Client) -> Result<(u32, String)> {
    client.batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let rows = client.query(ROLES, &[]).await?;
    let version: i32 =
        client.query_one("SELECT current_setting('server_version_num')::int", &[]).await?.get(0);
    client.batch_execute("ROLLBACK").await?;
    let statements: Vec<String> = rows.iter().map(|row| format!("{};\n", row.get::<_, String>(0))).collect();
    Ok((u32::try_from(version).unwrap_or_default(), statements.concat()))
}

async fn dump(scope: &Scope, tool: &Path, source: &ConnectInfo) -> Result<String> {
    let bare = ConnectInfo { password: None, ..source.clone() };
    let words = ["--schema-only", "--no-subscriptions", "--no-tablespaces", "--no-password", "--dbname"];
    let password = source.password.as_ref().map(|secret| ("PGPASSWORD", secret.reveal()));
    let launch =
        Launch::new(tool).args(words).args([bare.url()]).envs([("PGOPTIONS", OPTIONS)]).envs(password);
    let process = launch.stdout(Output::Pipe).spawn(scope).await?;
    let mut output = process.take_stdout().ok_or_else(|| Error::harness("pg_dump without an output"))?;
    let work = async {
        let mut printed = Vec::new();
        let read = (&mut output).take(LONGEST).read_to_end(&mut printed).await;
        read.map_err(|error| Error::environment(format!("cannot read what pg_dump prints: {error}")))?;
        Ok::<_, Error>((printed, process.wait().await?))
    };
    let ended = tokio::time::timeout(PATIENCE, work).await;
    let (printed, status) = ended.map_err(|_| process.failure("did not end in time"))??;
    if !status.success() {
        let last = process.last_lines(3).join(" / ");
        return Err(Error::environment(format!("pg_dump cannot read the schema: {last}"))
            .at(source.redacted())
            .fix("give the role USAGE on the schemas and SELECT on the tables, or name a dump in database.dump"));
    }
    String::from_utf8(printed)
        .map_err(|_| Error::environment("pg_dump printed no UTF-8").at(source.redacted()))
}
