//! Tool names are compared carelessly.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle folds names to the declared ones before the server sees them.
pub const BREAK: Break = Break {
    id: "careless_spelling",
    claim: "disallowed_refused",
    summary: "compare tool names without case, white space and what follows a slash",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::LooseNames))),
};
