//! The four queries on somebody's live database: one short transaction that only reads.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode};

use super::case::{CaseFile, queries};
use crate::error::{Error, Result};
use crate::postgres::ConnectInfo;
use crate::recorder::Recorder;
use crate::session::{Outcome, Refusal, Rows, Session};
use crate::subject::Forensics;
use crate::template::{self, Values};

/// All four answers are of one moment; nobody is waited for long, and nobody waits for us (manual, SET TRANSACTION and
/// 20.11.1 Statement Behavior).
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s';
    SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Asks a database for all that it knows of a run.
///
/// # Errors
/// Usage when a query is no SELECT, does not fit the database or lacks a column, and when there is no such run; environment
/// when the server is not there, does not let the role in or does not let it read.
pub async fn ask(address: &ConnectInfo, binding: &Forensics, run_id: &str) -> Result<CaseFile> {
    let values = Values::new().with("run_id", run_id);
    for (name, query) in queries(binding) {
        reads_only(name, &template::bind(query, &values)?.sql)?;
    }
    let client = address.connect("sor-gate forensics").await.map_err(|error| not_let_in(error, address))?;
    let session = Session::new(client, "forensics", &address.user, Recorder::default());
    session.script(BEGIN, &Values::new()).await?;
    let mut answers: [Rows; 4] = Default::default();
    for (answer, (name, query)) in answers.iter_mut().zip(queries(binding)) {
        *answer = match session.attempt(query, &values).await? {
            Outcome::Done(rows) => rows,
            Outcome::Refused(refusal) => return Err(not_answered(name, &refusal, address)),
        };
    }
    session.script("ROLLBACK", &Values::new()).await?;
    let case = CaseFile::of(answers)?;
    if case.run.is_none() {
        return Err(Error::usage(format!("there is no run `{run_id}`")).at(address.redacted()).fix(format!(
            "correct the id or the database; if the run is there, row-level security may hide it from `{}`",
            address.user
        )));
    }
    Ok(case)
}

/// Within READ ONLY nothing is written; but a COMMIT in a query's place would end it.
fn reads_only(name: &str, sql: &str) -> Result<()> {
    let statements: Vec<_> = SourceFile::parse(sql).tree().stmts().collect();
    let reads = |statement: &ast::Stmt| {
        use ast::Stmt::{CompoundSelect, ParenSelect, Select, Table, Values};
        matches!(statement, Select(_) | CompoundSelect(_) | ParenSelect(_) | Table(_) | Values(_))
    };
    match statements.as_slice() {
        [only] if reads(only) => Ok(()),
        [other] => {
            let begin: String = other.syntax().text().to_string().chars().take(40).collect();
            Err(not_a_select(name, &format!("it begins with `{begin}`")))
        }
        several => Err(not_a_select(name, &format!("it holds {} statements", several.len()))),
    }
}

fn not_a_select(name: &str, why: &str) -> Error {
    Error::usage(format!("`forensics.{name}` is not one SELECT: {why}"))
        .at("subject file")
        .fix("write a query that only reads")
}

fn not_let_in(error: Error, address: &ConnectInfo) -> Error {
    let remedy = if error.what.contains("answered 28") {
        "correct the role or its password in the URL, or give the password in PGPASSWORD"
    } else if error.what.contains("answered 3D000") {
        "correct the database in the URL"
    } else {
        "correct host and port in the URL, or start the server"
    };
    Error::environment(error.what).at(address.redacted()).fix(remedy)
}

fn not_answered(name: &str, refusal: &Refusal, address: &ConnectInfo) -> Error {
    let what = format!("`forensics.{name}` was refused: {refusal}");
    let (error, remedy) = match refusal.sqlstate.as_str() {
        "42501" => {
            (Error::environment(what), format!("let `{}` read it, or connect as another role", address.user))
        }
        "57014" | "55P03" => (Error::environment(what), "see what holds or slows it, and ask again".into()),
        _ => (
            Error::usage(what),
            "name the subject file of this database with --subject, or correct the query".into(),
        ),
    };
    error.at(address.redacted()).fix(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_select_is_sent() {
        for good in [
            "SELECT 1",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "TABLE t",
            "VALUES (1)",
            "(SELECT 1) UNION SELECT $1;",
        ] {
            assert_eq!(reads_only("run", good), Ok(()), "{good}");
        }
        for bad in [
            "COMMIT",
            "",
            "SELECT 1; SELECT 2",
            "DELETE FROM t",
            "DO $$ BEGIN END $$",
            "CALL p()",
            "SET x = 1",
            "SELECT 1 INTO t",
        ] {
            assert!(reads_only("run", bad).is_err(), "{bad}");
        }
    }
}
