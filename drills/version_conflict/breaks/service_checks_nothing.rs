//! If-Match is read, and not acted on.

use sor_gate::drill::Break;

use super::super::SERVICE;
use super::unchecked_in;

/// The service's edits compare no version.
pub const BREAK: Break = Break {
    id: "service_checks_nothing",
    claim: "conflict_answered",
    summary: "the service compares no version",
    apply: |stage| Box::pin(async move { Ok(unchecked_in(stage, SERVICE)) }),
};
