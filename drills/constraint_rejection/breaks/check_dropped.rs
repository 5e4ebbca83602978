//! Any value goes.

use sor_gate::drill::Break;
use sor_gate::subject::RuleKind;

use super::refuser;

/// Drops the check that refuses a value outside of the set.
pub const BREAK: Break = Break {
    id: "check_dropped",
    claim: "set_refused",
    summary: "drop the check of the permitted set",
    apply: |stage| Box::pin(refuser::drop_it(stage, RuleKind::Set)),
};
