//! `[constraints]`: what the database itself must refuse, whoever writes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What must be refused, and the table whose ids the database gives out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraints {
    /// The table that `insert` adds to.
    #[schemars(extend("x-name" = "table"))]
    pub table: String,
    /// Its identity column.
    #[schemars(extend("x-name" = "column"))]
    pub id_column: String,
    /// Adds a row, another for each `${n}`, and answers its id by RETURNING.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["n"]}))]
    pub insert: String,
    /// Roles that write besides the Worker's: other programs, people. The admin always is one.
    #[serde(default)]
    #[schemars(extend("x-name" = "role"))]
    pub writers: Vec<String>,
    /// Tables with their columns of money. No column of these tables may be a floating-point number or `money`.
    #[serde(default)]
    #[schemars(extend("x-keys" = "table"))]
    pub money: BTreeMap<String, Vec<String>>,
    /// What must be refused.
    pub rules: Vec<Rule>,
}

/// One thing that must be refused, and what is allowed right beside it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is wrong with the write.
    pub kind: RuleKind,
    /// The write. `${id}` is a row that `insert` has just added, `${n}` a number not used before.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id", "n"]}))]
    pub refused: String,
    /// The same without its fault: it must go through on the same connection.
    #[schemars(extend("x-sql" = {"as": "worker", "with": ["id", "n"]}))]
    pub accepted: String,
    /// The constraint, or the column, that must refuse it; any by default.
    pub by: Option<String>,
}

/// What is wrong with a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// It repeats what is unique (23505).
    Duplicate,
    /// It holds a value outside of the permitted set (23514).
    Set,
    /// It takes an amount below its bound (23514).
    Negative,
    /// It refers to a row that is not there (23503).
    Orphan,
    /// It lacks a field (23502).
    Missing,
}

impl RuleKind {
    /// The SQLSTATE of the refusal (manual, Appendix A, Class 23).
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::Duplicate => "23505",
            Self::Set | Self::Negative => "23514",
            Self::Orphan => "23503",
            Self::Missing => "23502",
        }
    }
}
