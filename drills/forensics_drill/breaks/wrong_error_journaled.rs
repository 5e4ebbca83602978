//! What went wrong is journaled as something else.

use sor_gate::drill::Break;

/// Writes the same words over every error.
pub const BREAK: Break = Break {
    id: "wrong_error_journaled",
    claim: "cause_right",
    summary: "journal other words than those of the failure",
    apply: |stage| Box::pin(async move { super::overwrite_errors(stage, "connection reset by peer").await }),
};
