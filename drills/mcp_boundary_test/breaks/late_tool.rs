//! The undeclared tool appears later, with a list_changed.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle lists one tool more from the second list on.
pub const BREAK: Break = Break {
    id: "late_tool",
    claim: "allow_list",
    summary: "list one tool more once a call was made",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::LateTool))),
};
