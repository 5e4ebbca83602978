//! A type of the upgrade stays behind, and the second upgrade meets it.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

/// Makes a type going up; nothing drops it.
pub const BREAK: Break = Break {
    id: "leaves_type",
    claim: "repeats",
    summary: "the downgrade leaves a type that the second upgrade collides with",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    amend
        .declare("enum public.sor_gate_left".into())
        .up("CREATE TYPE public.sor_gate_left AS ENUM (\x27a\x27)");
    amend.done("added type public.sor_gate_left, never dropped")
}
