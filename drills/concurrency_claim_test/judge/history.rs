//! A history of what a fleet asked for and was answered, and its checker: a function of the history alone. The four kinds
//! are those of Jepsen's histories: `info` is an end that cannot be known, which never counts as valid.

use std::collections::BTreeMap;

use sor_gate::session::Refusal;

/// What a Worker asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A row to work on, committed.
    Claim,
    /// To mark this row as done, committed.
    Done(String),
}

/// The beginning of a deed, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It was begun.
    Invoke,
    /// It was done, with these rows; a claim without any found nothing.
    Ok(Vec<String>),
    /// It certainly was not done.
    Fail(Refusal),
    /// The connection was lost: it may have been done or not.
    Info(String),
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Number of the Worker, from 0.
    pub worker: usize,
    pub deed: Deed,
    pub kind: Kind,
}

/// What the checker found.
#[derive(Debug, PartialEq, Eq)]
pub struct Tally {
    /// Rows that more than one claim got.
    pub twice: Vec<String>,
    /// Rows that no claim got.
    pub never: Vec<String>,
    /// Fewest and most rows that a Worker got.
    pub least: usize,
    pub most: usize,
    /// Workers that got none.
    pub starved: usize,
    /// Deeds that were begun and whose end cannot be known, and why the first cannot.
    pub unknown: usize,
    pub why: Option<String>,
    /// Claims that ended, one way or the other.
    pub claims: usize,
}

impl Tally {
    /// Checks a history of so many Workers on these rows. Rows that were not there at the start are counted as well.
    pub fn of(rows: &[String], workers: usize, history: &[Operation]) -> Self {
        let mut claimed: BTreeMap<&str, usize> = rows.iter().map(|id| (id.as_str(), 0)).collect();
        let mut got = vec![0_usize; workers];
        let (mut begun, mut ended, mut claims, mut why) = (0, 0, 0, None);
        for operation in history {
            claims += usize::from(operation.deed == Deed::Claim && operation.kind != Kind::Invoke);
            match (&operation.deed, &operation.kind) {
                (_, Kind::Invoke) => begun += 1,
                (_, Kind::Info(reason)) => why = why.or_else(|| Some(reason.clone())),
                (_, Kind::Fail(_)) | (Deed::Done(_), Kind::Ok(_)) => ended += 1,
                (Deed::Claim, Kind::Ok(ids)) => {
                    ended += 1;
                    for id in ids {
                        *claimed.entry(id).or_default() += 1;
                    }
                    if let Some(got) = got.get_mut(operation.worker) {
                        *got += ids.len();
                    }
                }
            }
        }
        let with = |wanted: &dyn Fn(usize) -> bool| {
            claimed.iter().filter(|(_, times)| wanted(**times)).map(|(id, _)| (*id).to_owned()).collect()
        };
        Self {
            twice: with(&|times| times > 1),
            never: with(&|times| times == 0),
            least: got.iter().copied().min().unwrap_or(0),
            most: got.iter().copied().max().unwrap_or(0),
            starved: got.iter().filter(|got| **got == 0).count(),
            unknown: begun - ended,
            why,
            claims,
        }
    }
}
