//! What one connection carries from one tenant to the next.

use sor_gate::verdict::Finding;

use super::super::sight::Sight;

/// One reuse of a connection.
pub struct Reuse {
    /// How the tenant's transaction ended.
    pub ending: &'static str,
    /// What the tenant saw in it.
    pub served: Sight,
    /// What was seen next.
    pub next: Sight,
    /// Whether one backend served both.
    pub same_backend: bool,
}

/// The reuses of one connection.
pub struct Leak {
    /// What the connection shows after every setting was reset.
    pub cleared: Sight,
    pub reuses: Vec<Reuse>,
}

/// What is seen next is what a cleared connection shows. Whether that is nothing at all, other claims say.
pub fn pool_leak(seen: &Leak, tenant: &str) -> Finding {
    let claim = "pool_leak";
    let expected = "nothing carried over after COMMIT, ROLLBACK and an error";
    for reuse in &seen.reuses {
        if !reuse.same_backend {
            return Finding::unproven(
                claim,
                expected,
                format!("after {} another backend answered", reuse.ending),
            );
        }
        if reuse.served == seen.cleared {
            let why = format!("{tenant} saw what a cleared connection shows ({})", reuse.served.tell());
            return Finding::unproven(claim, expected, why);
        }
    }
    let carried: Vec<_> = seen
        .reuses
        .iter()
        .filter(|reuse| reuse.next != seen.cleared)
        .map(|reuse| format!("after {} the next one saw {}", reuse.ending, reuse.next.tell()))
        .collect();
    let observed = if carried.is_empty() {
        format!("after {} reuses the next one saw {}", seen.reuses.len(), seen.cleared.tell())
    } else {
        carried.join("; ")
    };
    let mut finding =
        Finding::judge(claim, carried.is_empty() && !seen.reuses.is_empty(), expected, observed);
    for reuse in &seen.reuses {
        finding = finding.witnessed(format!(
            "{}: one backend served {tenant} ({}) and the next",
            reuse.ending,
            reuse.served.tell()
        ));
    }
    finding
}

/// One prepared statement under changing identities.
pub struct PlanReuse {
    pub executions: usize,
    /// How many of them ran by the generic plan.
    pub generic: u64,
    /// Whether the generic plan had to be asked for.
    pub forced: bool,
    /// Executions that showed something else than a fresh statement.
    pub wrong: Vec<String>,
    /// Whether fresh statements show the two tenants different rows.
    pub told_apart: bool,
}

/// The prepared statement shows each identity what a fresh one shows it.
pub fn plan_reuse(seen: &PlanReuse) -> Finding {
    let claim = "plan_reuse";
    let expected = "each execution shows its own tenant's rows";
    if !seen.told_apart {
        return Finding::unproven(claim, expected, "fresh statements show both tenants the same rows");
    }
    let holds = seen.wrong.is_empty();
    if holds && seen.generic == 0 {
        return Finding::unproven(claim, expected, "Postgres never switched to a generic plan");
    }
    let observed = match seen.wrong.first() {
        Some(first) => format!("{} of {} executions went wrong: {first}", seen.wrong.len(), seen.executions),
        None => format!("{} executions, none wrong", seen.executions),
    };
    let how = if seen.forced { "plan_cache_mode" } else { "Postgres's own choice" };
    Finding::judge(claim, holds, expected, observed).witnessed(format!(
        "one prepared statement on one connection, {} executions by the generic plan ({how})",
        seen.generic
    ))
}

/// Many sessions whose identities flip.
#[derive(Default)]
pub struct Storm {
    /// Tenants whose rows admin saw complete.
    pub seeded: usize,
    pub sessions: usize,
    pub reads: usize,
    /// Tenants served at least once.
    pub tenants: usize,
    /// Most transactions open at once.
    pub at_once: usize,
    pub wrong: Vec<String>,
}

/// Every read is exactly its tenant's.
pub fn storm(seen: Option<&Storm>) -> Finding {
    let claim = "storm";
    let expected = "every read exactly its tenant's";
    let Some(seen) = seen else { return Finding::not_testable(claim, "tenancy.add_tenant") };
    let holds = seen.wrong.is_empty();
    if holds && (seen.at_once < 2 || seen.tenants < 2 || seen.seeded < 2) {
        let why = format!(
            "{} tenants seeded, {} served, at most {} transactions at once",
            seen.seeded, seen.tenants, seen.at_once
        );
        return Finding::unproven(claim, expected, why);
    }
    let observed = match seen.wrong.first() {
        Some(first) => format!("{} of {} reads wrong: {first}", seen.wrong.len(), seen.reads),
        None => format!("{} reads, none wrong", seen.reads),
    };
    Finding::judge(claim, holds, expected, observed).witnessed(format!(
        "{} sessions served {} of {} tenants, up to {} transactions at once",
        seen.sessions, seen.tenants, seen.seeded, seen.at_once
    ))
}
