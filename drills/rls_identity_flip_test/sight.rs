//! What an identity sees of the tenants' rows.

use std::collections::BTreeMap;

use sor_gate::session::{Outcome, Refusal};

/// SQLSTATEs by which a policy closes itself when no tenant, or no valid one, is set: a missing privilege, an unknown
/// setting (42704, from `current_setting` without `missing_ok`), and what a function of the subject's own raises.
/// Data exceptions (class 22), from casting the setting, close it as well.
const CLOSED: [&str; 3] = ["42501", "42704", "P0001"];

/// What one reading showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Rows by tenant.
    Rows(BTreeMap<String, u64>),
    /// An error instead of rows.
    Refused(Refusal),
}

impl Sight {
    /// Reads `tenant, rows` from the answer of a count by tenant.
    pub fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done(rows) => Self::Rows(
                rows.rows
                    .into_iter()
                    .map(|row| {
                        let mut cells = row.cells.into_iter();
                        let tenant = cells.next().flatten().unwrap_or_else(|| "NULL".into());
                        let count = cells.next().flatten().and_then(|count| count.parse().ok());
                        (tenant, count.unwrap_or(0))
                    })
                    .collect(),
            ),
            Outcome::Refused(refusal) => Self::Refused(refusal),
        }
    }

    /// Exactly these rows of one tenant.
    pub fn only(tenant: &str, rows: u64) -> Self {
        Self::Rows(BTreeMap::from([(tenant.to_owned(), rows)]))
    }

    /// Rows of one tenant.
    pub fn of(&self, tenant: &str) -> u64 {
        match self {
            Self::Rows(rows) => rows.get(tenant).copied().unwrap_or(0),
            Self::Refused(_) => 0,
        }
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        match self {
            Self::Rows(rows) => rows.values().sum(),
            Self::Refused(_) => 0,
        }
    }

    /// No row, or an error that a policy raises: `Some(true)`; rows: `Some(false)`; any other error proves nothing.
    pub fn closed(&self) -> Option<bool> {
        match self {
            Self::Rows(_) => Some(self.total() == 0),
            Self::Refused(refusal) => {
                let state = refusal.sqlstate.as_str();
                (CLOSED.contains(&state) || state.starts_with("22")).then_some(true)
            }
        }
    }

    /// In words: `47 of alice`.
    pub fn tell(&self) -> String {
        match self {
            Self::Rows(rows) if rows.is_empty() => "0 rows".into(),
            Self::Rows(rows) if rows.len() > 3 => {
                format!("{} rows of {} tenants", self.total(), rows.len())
            }
            Self::Rows(rows) => {
                let parts: Vec<_> =
                    rows.iter().map(|(tenant, count)| format!("{count} of {tenant}")).collect();
                format!("{} row(s): {}", self.total(), parts.join(", "))
            }
            Self::Refused(refusal) => refusal.to_string(),
        }
    }
}
