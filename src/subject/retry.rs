//! `[retry]`: the transaction that reads, computes and writes, and starts anew when it loses a race.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// A transaction that adds to what it has read, and the other writer it races with. Amounts are whole numbers of the
/// smallest unit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Adds an account, another for each `${n}`, with `${amount}` on it, and answers its id.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["n", "amount"]}))]
    pub account: String,
    /// Answers what is on account `${id}`.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["id"]}))]
    pub balance: String,
    /// Answers the sum of what was booked on account `${id}` since it was added, where that is written down too.
    #[schemars(extend("x-sql" = {"as": "admin", "with": ["id"]}))]
    pub entries: Option<String>,
    /// The program that adds `${amount}` to account `${id}`, tries again by itself when it loses a race, and ends with
    /// status 0 when it has committed.
    #[schemars(extend("x-with" = ["id", "amount"]))]
    pub program: Option<Program>,
    /// The same as SQL, where it is no program: the harness then starts anew by itself.
    pub transaction: Option<Transaction>,
    /// The other writer.
    pub rival: Rival,
    /// Where the transaction is held while the other writer commits: at the first statement with this text in it. By default
    /// at its first INSERT, UPDATE, DELETE or MERGE.
    pub held_at: Option<String>,
    /// How many digits of an amount stand behind the point, for the evidence.
    #[serde(default = "default_decimals")]
    #[schemars(extend("maximum" = 9))]
    pub decimals: u8,
}

/// The transaction as SQL, run as the Worker's role.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// At which isolation it runs.
    #[serde(default)]
    pub isolation: Isolation,
    /// Answers what is on account `${id}`.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id"]}))]
    pub read: String,
    /// What it writes: `${value}` is what was read with `${amount}` added to it.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id", "amount", "value"]}))]
    pub write: Vec<String>,
    /// How often it is tried.
    #[serde(default = "default_attempts")]
    #[schemars(extend("minimum" = 1))]
    pub max_attempts: u32,
}

/// How far transactions are kept apart (manual, 13.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// SERIALIZABLE.
    #[default]
    Serializable,
    /// REPEATABLE READ.
    RepeatableRead,
}

impl Isolation {
    /// As SQL spells it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Serializable => "SERIALIZABLE",
            Self::RepeatableRead => "REPEATABLE READ",
        }
    }
}

/// The other writer: adds `${amount}` to account `${id}` in a transaction of its own. One of the two keys is wanted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rival {
    /// What it is called in the evidence.
    #[serde(default = "default_name")]
    pub name: String,
    /// As a program.
    #[schemars(extend("x-with" = ["id", "amount"]))]
    pub program: Option<Program>,
    /// As statements.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id", "amount"]}))]
    pub statements: Vec<String>,
}

fn default_name() -> String {
    "rival".into()
}

fn default_attempts() -> u32 {
    50
}

fn default_decimals() -> u8 {
    2
}
