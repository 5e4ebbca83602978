//! Turns what the identities saw into findings.

mod doors;
mod reuse;
mod standing;
mod writes;

use sor_gate::verdict::Finding;

pub use doors::{Door, DoorReading, Doors};
pub use reuse::{Leak, PlanReuse, Reuse, Storm};
pub use standing::{Policy, Standing, Table};
pub use writes::{Attack, CrossWrite};

use super::sight::Sight;

/// Fewest rows of each of the two tenants.
pub const LEAST: [u64; 2] = [47, 31];

/// What each identity saw.
pub struct Identities {
    /// On a new connection, before any tenant was set.
    pub never: Sight,
    pub alice: Sight,
    pub bob: Sight,
    /// After a tenant was set and reset.
    pub reset: Sight,
    /// With the tenant set to ''.
    pub empty: Sight,
    pub stranger: Sight,
}

/// Everything that was seen.
pub struct Seen {
    pub tenants: [String; 2],
    pub stranger: String,
    /// What admin saw first.
    pub truth: Sight,
    pub identities: Identities,
    pub writes: CrossWrite,
    pub leak: Leak,
    pub plan: PlanReuse,
    pub standing: Standing,
    pub doors: Doors,
    pub storm: Option<Storm>,
}

impl Seen {
    /// What admin saw, as a witness.
    fn all(&self) -> String {
        let [alice, bob] = &self.tenants;
        let (hers, his) = (self.truth.of(alice), self.truth.of(bob));
        format!("admin saw all {} rows first: {hers} of {alice}, {his} of {bob}", hers + his)
    }

    /// Whether there was enough to be hidden.
    fn seeded(&self) -> bool {
        self.tenants.iter().zip(LEAST).all(|(tenant, least)| self.truth.of(tenant) >= least)
    }
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let ids = &seen.identities;
    let [alice, bob] = &seen.tenants;
    let nobody = [("never set", &ids.never), ("reset", &ids.reset)];
    vec![
        only(seen, "alice_only", alice, &ids.alice),
        only(seen, "bob_only", bob, &ids.bob),
        none(seen, "unset_sees_none", &nobody),
        none(seen, "empty_sees_none", &[("set to ''", &ids.empty)]),
        none(seen, "unknown_sees_none", &[(&format!("set to {}", seen.stranger), &ids.stranger)]),
        writes::no_cross_write(&seen.writes, seen.all()),
        reuse::pool_leak(&seen.leak, alice),
        reuse::plan_reuse(&seen.plan),
        standing::forced_for_owner(&seen.standing),
        standing::coverage(&seen.standing),
        doors::side_doors(&seen.doors),
        reuse::storm(seen.storm.as_ref()),
    ]
}

fn only(seen: &Seen, claim: &str, tenant: &str, sight: &Sight) -> Finding {
    let there = seen.truth.of(tenant);
    let expected = format!("{there} rows, all of {tenant}");
    if !seen.seeded() {
        return Finding::unproven(claim, expected, format!("too few rows to hide; {}", seen.all()));
    }
    Finding::judge(claim, *sight == Sight::only(tenant, there), expected, sight.tell()).witnessed(seen.all())
}

fn none(seen: &Seen, claim: &str, sights: &[(&str, &Sight)]) -> Finding {
    let expected = "0 rows, or refused by the policy";
    if !seen.seeded() {
        return Finding::unproven(claim, expected, format!("too few rows to hide; {}", seen.all()));
    }
    let told: Vec<_> = sights.iter().map(|(how, sight)| format!("{how}: {}", sight.tell())).collect();
    if let Some(at) = sights.iter().position(|(_, sight)| sight.closed().is_none()) {
        return Finding::unproven(claim, expected, format!("the reading failed otherwise, {}", told[at]));
    }
    let holds = sights.iter().all(|(_, sight)| sight.closed() == Some(true));
    let served = seen.identities.alice.total().max(seen.identities.bob.total());
    if holds && served == 0 {
        return Finding::unproven(claim, expected, "the same reading shows nothing to a tenant either");
    }
    Finding::judge(claim, holds, expected, told.join("; "))
        .witnessed(seen.all())
        .witnessed(format!("the same statement on the same connection showed {served} rows to a tenant"))
}

#[cfg(test)]
mod tests;
