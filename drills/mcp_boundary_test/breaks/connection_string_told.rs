//! Errors repeat the connection string.

use sor_gate::drill::Break;
use sor_gate::mcp::Meddling;

/// A man in the middle appends the server's URL to every error.
pub const BREAK: Break = Break {
    id: "connection_string_told",
    claim: "survives_garbage",
    summary: "tell the connection string in error messages",
    apply: |stage| Box::pin(std::future::ready(super::meddle(stage, Meddling::LeaksUrl))),
};
