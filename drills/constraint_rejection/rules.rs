//! Every rule, tried by every writer.

use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::session::Session;
use sor_gate::subject::{Constraints, Rule};
use sor_gate::template::{self, Values};

use super::judge::Attempt;

/// Tries each rule as the Worker, as each further writer, and by hand as the administrator.
pub async fn try_all(cx: &Context, binding: &Constraints) -> Result<Vec<Attempt>> {
    let worker = cx.worker_session("worker").await?;
    let admin = cx.admin().await?;
    let mut numbers = 0;
    let mut attempts = Vec::new();
    for rule in &binding.rules {
        attempts.push(attempt(binding, rule, &worker, &worker, false, &mut numbers).await?);
    }
    for role in &binding.writers {
        let session = cx.session(role, role).await?;
        for rule in &binding.rules {
            attempts.push(attempt(binding, rule, &worker, &session, false, &mut numbers).await?);
        }
    }
    for rule in &binding.rules {
        attempts.push(attempt(binding, rule, &worker, &admin, true, &mut numbers).await?);
    }
    Ok(attempts)
}

/// One rule by one writer, on a row of its own: the faulty write, then the same without its fault.
async fn attempt(
    binding: &Constraints,
    rule: &Rule,
    worker: &Session,
    writer: &Session,
    by_hand: bool,
    numbers: &mut u32,
) -> Result<Attempt> {
    let mut next = || {
        *numbers += 1;
        *numbers
    };
    let added = worker.must(&binding.insert, &Values::new().with("n", next())).await?;
    let id = added.scalar().ok_or_else(|| {
        Error::usage("the insert answers no id").at("constraints.insert").fix("add RETURNING and the id")
    })?;
    let values = Values::new().with("id", id).with("n", next());
    let outcome = send(writer, &rule.refused, &values, by_hand).await?;
    let control = send(writer, &rule.accepted, &values.with("n", next()), by_hand).await?;
    let by = rule.by.clone();
    Ok(Attempt { kind: rule.kind, writer: writer.role().to_owned(), by_hand, by, outcome, control })
}

/// By hand a statement goes out as text, values and all.
async fn send(
    session: &Session,
    sql: &str,
    values: &Values,
    by_hand: bool,
) -> Result<sor_gate::session::Outcome> {
    if by_hand {
        session.attempt(&template::paste(sql, values)?, &Values::new()).await
    } else {
        session.attempt(sql, values).await
    }
}
