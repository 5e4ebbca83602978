//! The claim of a dead Worker lasts for ever.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Pushes the lease of the killed claimer out for a thousand years.
pub const BREAK: Break = Break {
    id: "lease_never_ends",
    claim: "dead_claimer",
    summary: "commit the claim without a lease that ends",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.claims else {
        return Ok(Applied::Unviable("no [claims]".into()));
    };
    let Some(age) = &binding.age else {
        return Ok(Applied::Unviable("no claims.age says where the lease is kept".into()));
    };
    let forever = age.replace("${interval}", "'-1000 years'");
    stage.hooks.at("claimer_killed", forever);
    Ok(Applied::Done("the killed claimer's lease was pushed out for a thousand years".into()))
}
