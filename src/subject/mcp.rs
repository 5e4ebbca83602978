//! `[mcp]`: the MCP server that stands between the Worker and the database.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Program;

/// The server and what it may offer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// How it is started.
    pub program: Program,
    /// Where it serves over streamable HTTP: `http://127.0.0.1:${port}/mcp`, with the free port that its words are given as
    /// `${port}`; over its standard input and output by default.
    #[schemars(extend("x-word" = ["port"]))]
    pub url: Option<String>,
    /// The role whose URL it is given; the Worker's role by default.
    #[schemars(extend("x-name" = "role"))]
    pub role: Option<String>,
    /// The tools it may list, exactly.
    pub allow: Vec<String>,
    /// Whether only JSON-RPC error -32602 counts as the refusal of an unknown tool.
    #[serde(default)]
    pub strict: bool,
    /// Words with which the server refuses an unknown tool, where they are not the usual ones ("unknown tool", "not
    /// found"). Case does not matter.
    pub refusal: Option<String>,
    /// Calls that the tools accept, at least one for each allowed tool, so that every string argument can be tried.
    #[serde(default)]
    pub calls: Vec<ToolCall>,
    /// Tools that take SQL and promise to change nothing: `["query"]`. What they are handed is a statement and no data, so
    /// changes are sent through them, also out of a transaction that only reads, and the rows must stay.
    #[serde(default)]
    pub read_only: Vec<String>,
    /// Queries whose answers must stay the same meanwhile, besides every row of every table.
    #[serde(default)]
    #[schemars(extend("x-sql" = {"as": "admin"}))]
    pub unchanged: Vec<String>,
    /// What the tools need of the database: privileges (`SELECT`, `INSERT`, `UPDATE`, `DELETE`, …) by qualified table.
    #[serde(default)]
    #[schemars(extend("x-keys" = "table"))]
    pub needs: BTreeMap<String, Vec<String>>,
}

/// A call that a tool accepts. `${run_id}` (a fresh one each time) and `${tenant}` may stand in every string.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    #[serde(default)]
    #[schemars(extend("x-word" = ["run_id", "tenant"]))]
    pub arguments: Value,
    /// Calls that must be made first, such as one that claims the run.
    #[serde(default)]
    pub before: Vec<ToolCall>,
}
