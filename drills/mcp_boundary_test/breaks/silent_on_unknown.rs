//! A request with an unknown method is never answered.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle swallows requests that are neither initialize, ping nor about tools.
pub const BREAK: Break = Break {
    id: "silent_on_unknown",
    claim: "survives_garbage",
    summary: "answer no unknown method",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::Mute))),
};
