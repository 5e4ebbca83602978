//! Rows lack a required field.

use sor_gate::drill::Break;
use sor_gate::subject::RuleKind;

use super::refuser;

/// Lets the column that refuses a missing field be NULL.
pub const BREAK: Break = Break {
    id: "not_null_dropped",
    claim: "missing_refused",
    summary: "drop NOT NULL",
    apply: |stage| Box::pin(refuser::drop_it(stage, RuleKind::Missing)),
};
