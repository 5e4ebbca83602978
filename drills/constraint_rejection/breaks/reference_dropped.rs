//! Rows refer to nobody.

use sor_gate::drill::Break;
use sor_gate::subject::RuleKind;

use super::refuser;

/// Drops the foreign key that refuses an orphan.
pub const BREAK: Break = Break {
    id: "reference_dropped",
    claim: "orphan_refused",
    summary: "drop the foreign key",
    apply: |stage| Box::pin(refuser::drop_it(stage, RuleKind::Orphan)),
};
