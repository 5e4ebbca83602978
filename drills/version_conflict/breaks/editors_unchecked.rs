//! One editor at a time is safe, and many are not.

use sor_gate::drill::Break;

use super::super::CROWD;
use super::unchecked_in;

/// Among many editors no version is compared.
pub const BREAK: Break = Break {
    id: "editors_unchecked",
    claim: "no_lost_update",
    summary: "no version is compared among many editors",
    apply: |stage| Box::pin(async move { Ok(unchecked_in(stage, CROWD)) }),
};
