//! A malformed line ends the server.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle exits when a line is not JSON.
pub const BREAK: Break = Break {
    id: "dies_on_garbage",
    claim: "survives_garbage",
    summary: "end at the first malformed line",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::DiesOnGarbage))),
};
