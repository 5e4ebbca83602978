//! `check`: the subject file held against the real catalog, before any drill.
//!
//! Names are looked up; every statement is prepared as the role that will run it, and its plan is asked for, which is when
//! Postgres looks at privileges (manual, 55.2.3 Extended Query and EXPLAIN). Nothing is executed.

mod names;
mod position;
mod statements;

use crate::error::Result;
use crate::postgres::Cluster;
use crate::subject::{Draft, Problem, Subject};

/// Everything in the file that the catalog does not bear out, in the order of the file.
///
/// # Errors
/// When the server cannot be asked.
pub async fn against(draft: &Draft, subject: &Subject, cluster: &Cluster) -> Result<Vec<Problem>> {
    let admin = cluster.admin().await?;
    let mut problems = names::check(&draft.reading.names, &admin).await?;
    // A statement of a role that is not there cannot be tried, and the role is told already.
    let roles = names::roles(&admin).await?;
    for statement in &draft.reading.statements {
        let role = match statement.usage.role.as_str() {
            "worker" if statement.key.starts_with("events.") => subject.events_role().to_owned(),
            "worker" => subject.roles.worker.clone(),
            "relay" => subject.relay.as_ref().map_or_else(String::new, |relay| relay.role.clone()),
            _ => cluster.superuser().user,
        };
        if roles.contains(&role) {
            problems.extend(statements::check(statement, &role, draft, cluster).await?);
        }
    }
    problems.sort_by_key(|problem| problem.at);
    Ok(problems)
}
