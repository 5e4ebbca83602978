//! `[mcp]`: the MCP server that stands between the Worker and the database.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Program;

/// The server and what it may offer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// How it is started (stdio transport).
    pub program: Program,
    /// The role whose URL it is given; the Worker's role by default.
    pub role: Option<String>,
    /// The tools it may list, exactly.
    pub allow: Vec<String>,
    /// Whether only JSON-RPC error -32602 counts as the refusal of an unknown tool.
    #[serde(default)]
    pub strict: bool,
    /// Arguments, as JSON, of a call that each allowed tool accepts; `${run_id}` and `${tenant}` may stand in them.
    #[serde(default)]
    pub calls: std::collections::BTreeMap<String, serde_json::Value>,
}
