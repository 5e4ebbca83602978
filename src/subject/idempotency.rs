//! `[idempotency]`: the write that must be safe to retry.

use schemars::JsonSchema;
use serde::Deserialize;

/// The idempotent write as the Worker issues it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// The statements of one write, run in one transaction, with `${tenant}`, `${key}` and `${amount}` (an integer
    /// that differs between payloads). Its answer is that of the last statement that answers a row.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "key", "amount"]}))]
    pub write: Vec<String>,
    /// The table it writes to.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The column of the key.
    #[schemars(extend("x-name" = "column"))]
    pub key_column: String,
    /// The column of the answer that repeats the stored `${amount}`, by which a caller sees that its key was used
    /// for another payload. Without it only an error tells.
    pub echo: Option<String>,
    /// How long a key holds: what a retry does once the work of the first write is finished, or its row removed. Without it
    /// retries are only tried before.
    pub holds: Option<Holds>,
    /// Marks the work of `${key}` as finished, in the row or by moving it away, as the system does it.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant", "key"]}))]
    pub finish: Option<String>,
    /// Deletes the row of `${key}`, as the system's clean-up does it.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["tenant", "key"]}))]
    pub remove: Option<String>,
}

/// How long a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// A retry never writes again, neither after `finish` nor after `remove`, whichever are given.
    Forever,
    /// After `remove` a retry writes anew, and after `finish`, where it is given, not yet.
    WhileRowExists,
    /// After `finish` a retry writes anew.
    WhileQueued,
}

/// How the work of a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By `finish`.
    Finished,
    /// By `remove`.
    Removed,
}

impl Holds {
    /// Whether a retry after this end writes anew.
    pub fn is_free_after(self, end: End) -> bool {
        match (self, end) {
            (Self::Forever, _) | (Self::WhileRowExists, End::Finished) => false,
            (Self::WhileRowExists, End::Removed) | (Self::WhileQueued, _) => true,
        }
    }
}

impl Idempotency {
    /// The ends that the subject describes, with their statements.
    pub fn ends(&self) -> impl Iterator<Item = (End, &String)> {
        let ends = [(End::Finished, &self.finish), (End::Removed, &self.remove)];
        ends.into_iter().filter_map(|(end, sql)| Some((end, sql.as_ref()?)))
    }

    /// The key without which others say nothing, and the key that needs it.
    pub(super) fn lacks(&self) -> Option<(&'static str, &'static str)> {
        match (self.holds, &self.finish, &self.remove) {
            (None, Some(_), _) => Some(("holds", "finish")),
            (None, None, Some(_)) => Some(("holds", "remove")),
            (Some(Holds::Forever), None, None) => Some(("finish` or `remove", "holds")),
            (Some(Holds::WhileRowExists), _, None) => Some(("remove", "holds")),
            (Some(Holds::WhileQueued), None, _) => Some(("finish", "holds")),
            _ => None,
        }
    }
}
