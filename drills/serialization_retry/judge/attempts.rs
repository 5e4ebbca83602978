//! The attempts of a transaction, read off the wire. Pure.

use std::collections::BTreeMap;
use std::fmt;

use sor_gate::fault::proxy::{Statement, StatementKind};
use sor_gate::rewrite;

/// One attempt: from what begins a transaction to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The first whole number that a statement of it was answered.
    pub read: Option<i64>,
    pub end: End,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Committed,
    /// The SQLSTATE of the first refusal.
    Refused(String),
    /// Neither was seen.
    Open,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Committed => f.write_str("committed"),
            Self::Refused(sqlstate) => f.write_str(sqlstate),
            Self::Open => f.write_str("not ended"),
        }
    }
}

/// The attempts of every connection, in the order in which they began.
pub fn attempts(statements: &[Statement]) -> Vec<Attempt> {
    let mut all: Vec<Attempt> = Vec::new();
    let mut current: BTreeMap<u32, usize> = BTreeMap::new();
    for statement in statements {
        let runs = matches!(statement.kind, StatementKind::Query | StatementKind::Execute);
        if runs && rewrite::begins(&statement.sql) {
            current.insert(statement.connection, all.len());
            all.push(Attempt { read: None, end: End::Open });
        }
        let Some(attempt) = current.get(&statement.connection).and_then(|at| all.get_mut(*at)) else {
            continue;
        };
        attempt.read = attempt.read.or(statement.first);
        if attempt.end != End::Open {
            continue;
        }
        if let Some(sqlstate) = &statement.sqlstate {
            attempt.end = End::Refused(sqlstate.clone());
        } else if statement.completed.iter().any(|tag| tag == "COMMIT") {
            attempt.end = End::Committed;
        }
    }
    all
}
