//! The history of a system whose migration tool has to be asked for it.

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::error::{Error, Result};
use crate::migration::{Format, Migration, MigrationSet, Script, Sending};
use crate::postgres::Cluster;
use crate::process::Scope;
use crate::subject::Subject;
use crate::template::{self, Values};
use crate::worker::tool;

/// Asks for the list and for the SQL of both directions of every migration.
///
/// # Errors
/// A usage error when a command fails, or no line of the list fits the pattern.
pub async fn ask(subject: &Subject, scope: &Scope, cluster: &Cluster) -> Result<Option<Arc<MigrationSet>>> {
    /// Commands at a time.
    const SIDE_BY_SIDE: usize = 4;
    let Some(commands) = &subject.database.commands else { return Ok(None) };
    let wrong = |error: regex::Error| {
        Error::usage(format!("the pattern cannot be read: {error}")).at("database.commands.pattern")
    };
    let pattern = regex::Regex::new(&commands.pattern).map_err(wrong)?;
    // The owner need not be there yet: the list is asked for before the schema is set up.
    let address = cluster.superuser();
    let say = async |words: &[String], values: Values| {
        let told = tool(scope, subject, &address, words, values).await?;
        told.map_err(|last| Error::usage(last).at("database.commands"))
    };
    let list = say(&commands.list, Values::new()).await?;
    let mut found: Vec<(String, String)> = list
        .lines()
        .filter_map(|line| pattern.captures(line))
        .filter_map(|found| {
            let name = found.name("name").map(|name| name.as_str().to_owned()).unwrap_or_default();
            Some((found.name("id")?.as_str().to_owned(), name))
        })
        .collect();
    if found.is_empty() {
        return Err(Error::usage("no line of the list of migrations fits the pattern")
            .at("database.commands.pattern")
            .fix("give the pattern a group `id`: `^(?P<id>\\S+)`"));
    }
    if commands.newest_first {
        found.reverse();
    }
    let before = std::iter::once(commands.start.clone()).chain(found.iter().map(|(id, _)| id.clone()));
    let steps: Vec<_> = found.iter().cloned().zip(before).collect();
    let migrations = stream::iter(steps)
        .map(|((id, name), previous)| {
            let values = Values::new().with("id", &id).with("previous", &previous);
            let say = &say;
            async move {
                let script = |what: &str, text: String, run: &[String]| -> Result<Script> {
                    let pinned = |word: &String| {
                        // The URL differs from database to database; the rest is known now.
                        template::fill(word, &values.clone().with("database_url", "${database_url}"))
                    };
                    let sending = Sending::Command(run.iter().map(pinned).collect::<Result<_>>()?);
                    Ok(Script { sending, ..Script::new(format!("{id} {what}"), text) })
                };
                let up = script("up", say(&commands.up_sql, values.clone()).await?, &commands.up)?;
                let down = match (&commands.down, &commands.down_sql) {
                    (Some(run), Some(print)) => Some(script("down", say(print, values.clone()).await?, run)?),
                    _ => None,
                };
                Ok::<_, Error>(Migration::new(&id, &name, up, down))
            }
        })
        .buffered(SIDE_BY_SIDE)
        .try_collect()
        .await?;
    let folder = subject.migrations_folder();
    Ok(Some(Arc::new(MigrationSet { migrations, folder, format: Format::Commands })))
}
