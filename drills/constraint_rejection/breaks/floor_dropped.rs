//! Amounts fall without a floor.

use sor_gate::drill::Break;
use sor_gate::subject::RuleKind;

use super::refuser;

/// Drops the check that refuses a negative amount.
pub const BREAK: Break = Break {
    id: "floor_dropped",
    claim: "negative_refused",
    summary: "drop the check of the lowest amount",
    apply: |stage| Box::pin(refuser::drop_it(stage, RuleKind::Negative)),
};
