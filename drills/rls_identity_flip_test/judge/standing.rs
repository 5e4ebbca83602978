//! Whether row-level security binds the Worker's role, on every table of tenants.

use sor_gate::standing::{self, HeldRole};
use sor_gate::verdict::Finding;

use super::super::sight::Sight;

/// From this version on CREATEROLE no longer allows to join any role (release notes of PostgreSQL 16).
const CREATEROLE_TAMED: u32 = 160_000;

/// A policy for reading that applies to the role.
pub struct Policy {
    pub name: String,
    pub permissive: bool,
    /// Whether its expression is just `true`.
    pub open: bool,
}

/// A table of tenants.
pub struct Table {
    pub oid: String,
    pub name: String,
    pub enabled: bool,
    pub forced: bool,
    pub owner: String,
    /// What `row_security_active` answered to the role itself.
    pub binds: bool,
    /// Whether it is the one that rows are read from.
    pub attacked: bool,
    pub policies: Vec<Policy>,
}

impl Table {
    /// A policy that lets every row through, where no restrictive one narrows it.
    fn open_policy(&self) -> Option<&Policy> {
        let narrowed = self.policies.iter().any(|policy| !policy.permissive);
        self.policies.iter().find(|policy| policy.permissive && policy.open && !narrowed)
    }
}

/// The role and the tables.
pub struct Standing {
    pub worker: String,
    pub held: Vec<HeldRole>,
    pub tables: Vec<Table>,
    /// What the role saw with `row_security = off`, which fails wherever a policy would apply.
    pub unguarded: Sight,
    /// `server_version_num`.
    pub version: u32,
}

impl Standing {
    /// The role's attributes, for the evidence.
    pub fn tell(&self) -> String {
        let word = |flag: bool| if flag { "yes" } else { "no" };
        let mut text = standing::tell(&self.held);
        for table in &self.tables {
            text.push_str(&format!(
                "{}: owner {}, row-level security enabled {}, forced {}, binds the role {}, {} policies for reading\n",
                table.name,
                table.owner,
                word(table.enabled),
                word(table.forced),
                word(table.binds),
                table.policies.len()
            ));
        }
        text
    }

    fn holds(&self, role: &str) -> bool {
        self.held.iter().any(|held| held.name == role)
    }

    fn names(&self) -> String {
        self.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Enabled and forced, or a role that is provably bound.
pub fn forced_for_owner(seen: &Standing) -> Finding {
    let claim = "forced_for_owner";
    let expected =
        "row-level security enabled and forced, or a role that is neither owner, superuser nor BYPASSRLS";
    if seen.tables.is_empty() {
        return Finding::unproven(claim, expected, "no table of tenants was found");
    }
    let mut exempt = Vec::new();
    for role in &seen.held {
        let whose = if role.name == seen.worker {
            format!("the role {}", role.name)
        } else {
            format!("{}, of which {} is a member,", role.name, seen.worker)
        };
        if role.superuser {
            exempt.push(format!("{whose} is superuser"));
        } else if role.bypass {
            exempt.push(format!("{whose} has BYPASSRLS"));
        }
    }
    for table in seen.tables.iter().filter(|table| table.enabled) {
        if !table.forced && seen.holds(&table.owner) {
            exempt.push(format!("{} is owned by {} and not forced", table.name, table.owner));
        } else if !table.forced
            && seen.version < CREATEROLE_TAMED
            && seen.held.iter().any(|r| r.creates_roles)
        {
            exempt.push(format!(
                "{} is not forced, and CREATEROLE lets the role join {}",
                table.name, table.owner
            ));
        } else if !table.binds && exempt.is_empty() {
            exempt.push(format!("row_security_active({}) is false for the role", table.name));
        }
    }
    let attacked = seen.tables.iter().find(|table| table.attacked);
    if let (Sight::Rows(_), Some(table)) = (&seen.unguarded, attacked.filter(|table| table.enabled)) {
        exempt.push(format!(
            "with row_security = off the role reads {}: {}",
            table.name,
            seen.unguarded.tell()
        ));
    }
    let forced = seen.tables.iter().filter(|table| table.enabled && table.forced).count();
    let observed = if exempt.is_empty() {
        format!("{forced} of {} tables enabled and forced; {} is bound", seen.tables.len(), seen.worker)
    } else {
        exempt.join("; ")
    };
    let finding = Finding::judge(claim, exempt.is_empty(), expected, observed)
        .witnessed(format!("asked as the role, row_security_active() for {}", seen.names()));
    match &seen.unguarded {
        Sight::Refused(refusal) => {
            finding.witnessed(format!("with row_security = off it was refused: {refusal}"))
        }
        Sight::Rows(_) => finding,
    }
}

/// Every table of tenants has row-level security, with policies that tell tenants apart.
pub fn coverage(seen: &Standing) -> Finding {
    let claim = "coverage";
    let expected = "row-level security on every table of tenants";
    if seen.tables.is_empty() {
        return Finding::unproven(claim, expected, "no table of tenants was found");
    }
    let mut bare: Vec<String> = seen
        .tables
        .iter()
        .filter(|table| !table.enabled)
        .map(|table| format!("{} has none", table.name))
        .collect();
    for table in seen.tables.iter().filter(|table| table.enabled) {
        if let Some(policy) = table.open_policy() {
            bare.push(format!("policy {} on {} is USING (true)", policy.name, table.name));
        }
    }
    let observed =
        if bare.is_empty() { format!("enabled on all {}", seen.tables.len()) } else { bare.join("; ") };
    Finding::judge(claim, bare.is_empty(), expected, observed).witnessed(format!(
        "{} tables looked up in the catalog: {}",
        seen.tables.len(),
        seen.names()
    ))
}
