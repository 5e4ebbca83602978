//! Two orders lock the same things in different orders.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;

use super::smaller;

/// Puts two locks before the order; every other buyer takes them the other way round. The first buyer holds both until all
/// stand in line, so that the two who come next hold one each.
pub const BREAK: Break = Break {
    id: "locks_crossed",
    claim: "no_deadlock",
    summary: "take two more locks, in an order that differs between buyers",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let role = quote_ident(&stage.subject.roles.worker);
    let Some(binding) = &mut stage.subject.stock else { return Ok(Applied::Unviable("no [stock]".into())) };
    let lock = |number: &str| {
        // Enough buyers for a deadlock; more would only wait longer.
        format!("SELECT CASE WHEN ${{buyer}}::bigint <= 16 THEN pg_advisory_xact_lock({number}) END")
    };
    smaller::crowd(binding);
    let crossed = [lock("1 + ${buyer}::bigint % 2"), lock("2 - ${buyer}::bigint % 2")];
    binding.locking.splice(0..0, crossed);
    stage.sql(&format!("ALTER ROLE {role} SET deadlock_timeout = '5ms'")).await?;
    Ok(Applied::Done("stock.locking takes two advisory locks, odd buyers in the other order".into()))
}
