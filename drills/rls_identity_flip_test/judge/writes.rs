//! Whether writes across tenants were stopped.

use std::collections::BTreeMap;

use sor_gate::session::Outcome;
use sor_gate::verdict::Finding;

/// SQLSTATEs of a wall: privileges and policies (42501), a view's check option (44000), triggers that raise
/// (P0001, or 23001 restrict_violation). Any other error stopped the write by chance.
const WALLS: [&str; 4] = ["42501", "44000", "P0001", "23001"];

/// One write that must not land.
pub struct Attack {
    pub what: String,
    pub outcome: Outcome,
    /// How many rows it may touch without harm: a tenant's own. `None`: carrying it out is harm by itself.
    pub harmless: Option<u64>,
    /// The identity itself was refused, such as a role that does not exist.
    pub nobody: bool,
}

/// The writes, and the rows by tenant around them.
pub struct CrossWrite {
    /// The tenant's own insert, on the same connection.
    pub control: Outcome,
    pub attacks: Vec<Attack>,
    pub before: BTreeMap<String, String>,
    pub after: BTreeMap<String, String>,
}

/// Refused or 0 rows, contents unchanged.
pub fn no_cross_write(seen: &CrossWrite, all: String) -> Finding {
    let claim = "no_cross_write";
    let expected = "refused or 0 rows, contents unchanged";
    match &seen.control {
        Outcome::Done(rows) if rows.affected == 1 => {}
        other => {
            return Finding::unproven(claim, expected, format!("the tenant's own insert came to {other}"));
        }
    }
    let mut landed = Vec::new();
    let mut unclear = Vec::new();
    let (mut refused, mut empty) = (0, 0);
    for attack in &seen.attacks {
        match &attack.outcome {
            Outcome::Done(rows) if attack.harmless.is_some_and(|most| rows.affected <= most) => empty += 1,
            Outcome::Done(rows) => landed.push(format!("{}: {} row(s)", attack.what, rows.affected)),
            Outcome::Refused(_) if attack.nobody => refused += 1,
            Outcome::Refused(refusal) if WALLS.contains(&refusal.sqlstate.as_str()) => refused += 1,
            Outcome::Refused(refusal) => unclear.push(format!("{}: {refusal}", attack.what)),
        }
    }
    if landed.is_empty() && seen.before != seen.after {
        landed.push("rows differ afterwards".into());
    }
    if landed.is_empty() && !unclear.is_empty() {
        let why = format!("stopped, but not by a wall between tenants: {}", unclear.join("; "));
        return Finding::unproven(claim, expected, why);
    }
    let observed = if landed.is_empty() {
        format!("{refused} refused, {empty} touched no row of another tenant, contents unchanged")
    } else {
        landed.join("; ")
    };
    let mut finding =
        Finding::judge(claim, landed.is_empty() && !seen.attacks.is_empty(), expected, observed)
            .witnessed(all)
            .witnessed("the tenant's own insert added 1 row on the same connection");
    for attack in &seen.attacks {
        finding = finding.witnessed(format!("{}: {}", attack.what, attack.outcome));
    }
    finding
}
