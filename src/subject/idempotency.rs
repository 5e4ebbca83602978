//! `[idempotency]`: the write that must be safe to retry.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// The idempotent write as the Worker issues it: as statements (`write`), or as a program.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// The statements of one write, run in one transaction, with `${tenant}`, `${key}` and `${amount}` (an integer
    /// that differs between payloads). Its answer is that of the last statement that answers a row, its first column the id.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["tenant", "key", "amount"]}))]
    pub write: Vec<String>,
    /// The same as a program, as the Worker's role: it writes once and ends with 0, or one of its `exit_codes`, whether it has
    /// written now or finds it written. Any other end is a refusal. `${key}` and `${amount}` may stand in its words too.
    #[schemars(extend("x-with" = ["key", "amount"]))]
    pub program: Option<Program>,
    /// The line by which the program answers, as a regular expression whose groups are the columns of the answer:
    /// `^booked (?<id>[0-9]+) for (?<minutes>[0-9]+)`. Group `id` must be the same for a call and its repeats.
    #[schemars(extend("x-regex" = ["id"]))]
    pub answer: Option<String>,
    /// The table it writes to.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// The column of the key.
    #[schemars(extend("x-name" = "column"))]
    pub key_column: String,
    /// The column of the answer that repeats the stored `${amount}`, by which a caller sees that its key was used
    /// for another payload. Without it only an error tells.
    pub echo: Option<String>,
    /// How long a key holds. `forever`: a retry never writes again, neither after `finish` nor after `remove`, whichever are given.
    /// `while_row_exists`: after `remove` it writes anew, and after `finish`, where that is given, not yet. `while_queued`: after
    /// `finish` it writes anew. Without this key retries are only tried before.
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

    /// What is said by half: the key at which that shows (none for the section itself), what is wrong, and the remedy.
    pub(super) fn half_said(&self) -> Option<(&'static str, String, String)> {
        let lacks = |key, other: &str| {
            let what = format!("`idempotency.{key}` says nothing without `{other}`");
            Some((key, what, format!("add `{other}`")))
        };
        match (self.write.is_empty(), &self.program) {
            (true, None) => {
                let what = "`idempotency` says of no write: it lacks `write` or `program`".to_owned();
                return Some(("", what, "add `write` or `program`".to_owned()));
            }
            (false, Some(_)) => {
                let what = "`idempotency.program` stands beside `write`".to_owned();
                return Some(("program", what, "keep one of `program` and `write`".to_owned()));
            }
            (false, None) if self.answer.is_some() => return lacks("answer", "program"),
            _ => {}
        }
        match (self.holds, &self.finish, &self.remove) {
            (None, Some(_), _) => lacks("finish", "holds"),
            (None, None, Some(_)) => lacks("remove", "holds"),
            (Some(Holds::Forever), None, None) => lacks("holds", "finish` or `remove"),
            (Some(Holds::WhileRowExists), _, None) => lacks("holds", "remove"),
            (Some(Holds::WhileQueued), None, _) => lacks("holds", "finish"),
            _ => None,
        }
    }
}
