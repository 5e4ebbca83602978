//! The refusal comes only after the database was asked.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle runs a query with the server's URL, then lets the server refuse.
pub const BREAK: Break = Break {
    id: "touches_first",
    claim: "log_silence",
    summary: "ask the database about an unknown tool before refusing it",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::TouchFirst))),
};
