//! The tenant of the first plan is kept in the plan.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage::policies::{self, Half};
use sor_gate::stage::Stage;

/// The policy reads the tenant through a function declared IMMUTABLE.
pub const BREAK: Break = Break {
    id: "frozen_plan",
    claim: "plan_reuse",
    summary: "the policy reads the tenant through a function declared IMMUTABLE",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(tenancy) = &stage.subject.tenancy else {
        return Ok(Applied::Unviable("no [tenancy]".into()));
    };
    let function = "CREATE FUNCTION public.sor_gate_setting(text, boolean DEFAULT false) RETURNS text \
                    IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN current_setting($1, $2); END $$; \
                    GRANT EXECUTE ON FUNCTION public.sor_gate_setting(text, boolean) TO PUBLIC";
    stage.sql(function).await?;
    policies::rewrite_policies(stage.admin, &tenancy.table, Half::Using, |expression| {
        let frozen = expression.replace("current_setting(", "public.sor_gate_setting(");
        (frozen != expression).then_some(frozen)
    })
    .await
}
