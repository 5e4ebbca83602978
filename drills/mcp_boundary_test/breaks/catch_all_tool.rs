//! Any tool name is taken for a request to run SQL.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle runs the first argument of every unknown tool with the server's URL.
pub const BREAK: Break = Break {
    id: "catch_all_tool",
    claim: "disallowed_refused",
    summary: "run the SQL that an unknown tool is given",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::CatchAll))),
};
