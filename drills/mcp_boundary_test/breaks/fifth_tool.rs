//! The server offers a tool that nobody declared.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle lists one tool more.
pub const BREAK: Break = Break {
    id: "fifth_tool",
    claim: "allow_list",
    summary: "list one tool more",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::ExtraTool))),
};
