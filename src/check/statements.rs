//! Statements, prepared as the role that will run them.

use std::time::Duration;

use tokio_postgres::error::{ErrorPosition, SqlState};
use tokio_postgres::{Client, Statement as Prepared};

use super::position;
use crate::error::{Error, Result};
use crate::postgres::Cluster;
use crate::subject::{Draft, Form, Problem, Statement, suggest};
use crate::template::{self, Values};

/// No statement is planned longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What keeps a statement from doing what its key promises.
pub(super) async fn check(
    statement: &Statement,
    role: &str,
    draft: &Draft,
    cluster: &Cluster,
) -> Result<Vec<Problem>> {
    let Some(sql) = one_statement(statement) else { return Ok(Vec::new()) };
    let values = statement.usage.with.iter().fold(Values::new(), |values, name| values.with(name, 1));
    let bound = template::bind(&sql, &values)?;
    cluster.admit(role).await?;
    let client = cluster.connect(role, &cluster.database(), "sor-gate check").await?;
    client.batch_execute("BEGIN").await?;
    let at = |error: &tokio_postgres::Error| match error.as_db_error().and_then(|db| db.position()) {
        Some(ErrorPosition::Original(place)) => {
            position::in_file(&draft.text, &statement.span, &sql, &bound.sql, *place)
        }
        _ => statement.span.start,
    };
    let refused = |error: tokio_postgres::Error| -> Result<Problem> {
        let at = at(&error);
        let Some(db) = error.as_db_error() else { return Err(Error::from(error)) };
        let what = format!("`{}` as {role}: {} ({})", statement.key, db.message(), db.code().code());
        Ok(Problem { at: Some(at), what, fix: db.hint().unwrap_or_default().to_owned() })
    };
    let trying = tokio::time::timeout(PATIENCE, client.prepare(&bound.sql));
    let prepared = match trying.await {
        Err(_) => {
            let what = format!("`{}` cannot be prepared within {} s", statement.key, PATIENCE.as_secs());
            return Ok(vec![Problem::new(&statement.span, what, "")]);
        }
        Ok(Err(error)) => return refused(error).map(|problem| vec![problem]),
        Ok(Ok(prepared)) => prepared,
    };
    let mut problems = missing_answers(statement, &prepared);
    if let Some(error) = no_right(&client, &bound.sql, prepared.params().len()).await? {
        problems.push(refused(error)?);
    }
    Ok(problems)
}

/// The text as one statement; `None` for a script of several, which only its run can try.
fn one_statement(statement: &Statement) -> Option<String> {
    let sql = statement.sql.trim_end().trim_end_matches(';');
    match (statement.usage.form, &statement.table) {
        (Form::Statement, _) => Some(sql.to_owned()),
        (Form::Script, _) => (!sql.contains(';')).then(|| sql.to_owned()),
        (Form::Expression, Some(table)) => {
            Some(format!("SELECT ({sql})::text FROM {table} AS new, {table} AS old"))
        }
        (Form::Expression, None) => None,
    }
}

fn missing_answers(statement: &Statement, prepared: &Prepared) -> Vec<Problem> {
    let names: Vec<&str> = prepared.columns().iter().map(|column| column.name()).collect();
    let missing = statement.usage.answers.iter().filter(|wanted| !names.contains(&wanted.as_str()));
    let told = missing.map(|wanted| {
        let what = format!("`{}` answers no column `{wanted}`", statement.key);
        let fix = if names.is_empty() {
            "it must be a statement that answers rows".into()
        } else {
            format!(
                "it answers `{}`; write … AS {wanted}; {}",
                names.join("`, `"),
                suggest(wanted, names.clone())
            )
        };
        Problem::new(&statement.span, what, fix)
    });
    told.collect()
}

/// Asks for the plan, which is refused where the role lacks a privilege. Other refusals depend on the values and say
/// nothing here.
async fn no_right(client: &Client, sql: &str, params: usize) -> Result<Option<tokio_postgres::Error>> {
    let first = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES"].contains(&first.as_str()) {
        return Ok(None);
    }
    let nulls = if params == 0 { String::new() } else { format!("({})", vec!["NULL"; params].join(", ")) };
    let script = format!("PREPARE sor_gate_check AS {sql}; EXPLAIN EXECUTE sor_gate_check{nulls}");
    match client.batch_execute(&script).await {
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(Some(error)),
        _ => Ok(None),
    }
}
