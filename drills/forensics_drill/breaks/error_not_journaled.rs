//! What went wrong is not journaled.

use sor_gate::drill::Break;

/// Writes nothing over every error.
pub const BREAK: Break = Break {
    id: "error_not_journaled",
    claim: "six_lines",
    summary: "journal failures without their words",
    apply: |stage| Box::pin(async move { super::overwrite_errors(stage, "").await }),
};
