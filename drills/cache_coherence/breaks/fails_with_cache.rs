//! Nothing is served while the cache is down.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;

/// Takes the service's way to the database from it while the cache is down.
pub const BREAK: Break = Break {
    id: "fails_with_cache",
    claim: "served_without_cache",
    summary: "serve nothing while the cache is down",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.cache.is_none() {
        return Ok(Applied::Unviable("no [cache]".into()));
    }
    let role = &stage.subject.roles.worker;
    let (name, literal) = (quote_ident(role), role.replace('\'', "''"));
    let down = format!(
        "ALTER ROLE {name} NOLOGIN; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{literal}'"
    );
    stage.hooks.at("cache down", down);
    stage.hooks.at("cache up", format!("ALTER ROLE {name} LOGIN"));
    Ok(Applied::Done("the service's role may not log in while the cache is down".into()))
}
