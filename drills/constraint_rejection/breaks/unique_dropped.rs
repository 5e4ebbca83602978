//! Two rows share what must be unique.

use sor_gate::drill::Break;
use sor_gate::subject::RuleKind;

use super::refuser;

/// Drops the unique constraint that refuses a duplicate.
pub const BREAK: Break = Break {
    id: "unique_dropped",
    claim: "duplicate_refused",
    summary: "drop the unique constraint",
    apply: |stage| Box::pin(refuser::drop_it(stage, RuleKind::Duplicate)),
};
