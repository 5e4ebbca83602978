//! SQL is built from arguments as text.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle runs SELECT with every string argument between quotes, unescaped.
pub const BREAK: Break = Break {
    id: "string_built_sql",
    claim: "no_smuggling",
    summary: "paste string arguments into SQL",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::StringBuilt))),
};
