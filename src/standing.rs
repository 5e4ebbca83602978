//! Where a role stands: its attributes, and those of every role that it is a member of.

use crate::error::Result;
use crate::session::Session;
use crate::template::Values;

/// A role, or one that it is a member of, however indirectly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// Its name.
    pub name: String,
    /// Superuser: no privilege, policy or trigger's REVOKE binds it.
    pub superuser: bool,
    /// BYPASSRLS: no policy binds it.
    pub bypass: bool,
    /// CREATEROLE; before PostgreSQL 16 it may join any role that is not superuser.
    pub creates_roles: bool,
    /// INHERIT.
    pub inherits: bool,
    /// REPLICATION: it may read everything as a standby does.
    pub replicates: bool,
    /// Whether its privileges apply without SET ROLE.
    pub usage: bool,
    /// How many tables it owns.
    pub owned: u64,
}

const HELD: &str = "\
WITH RECURSIVE held AS (
    SELECT oid FROM pg_roles WHERE rolname = ${role}::name
    UNION SELECT m.roleid FROM pg_auth_members AS m JOIN held ON m.member = held.oid
)
SELECT r.rolname AS name, r.rolsuper AS super, r.rolbypassrls AS bypass, r.rolcreaterole AS creates_roles,
       r.rolinherit AS inherits, r.rolreplication AS replicates,
       pg_has_role(${role}::name, r.oid, 'USAGE') AS usage,
       (SELECT count(*) FROM pg_class AS c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')) AS owned
FROM held JOIN pg_roles AS r USING (oid) ORDER BY r.rolname <> ${role}::name, r.rolname";

/// Looks a role up, itself first, then those that it is a member of.
///
/// # Errors
/// A harness error when the catalog cannot be read.
pub async fn held_roles(admin: &Session, role: &str) -> Result<Vec<HeldRole>> {
    let rows = admin.must(HELD, &Values::new().with("role", role)).await?;
    (0..rows.rows.len())
        .map(|at| {
            Ok(HeldRole {
                name: rows.cell(at, "name")?,
                superuser: rows.flag(at, "super")?,
                bypass: rows.flag(at, "bypass")?,
                creates_roles: rows.flag(at, "creates_roles")?,
                inherits: rows.flag(at, "inherits")?,
                replicates: rows.flag(at, "replicates")?,
                usage: rows.flag(at, "usage")?,
                owned: rows.cell(at, "owned")?.parse().unwrap_or(0),
            })
        })
        .collect()
}

/// One line a role, for the evidence.
pub fn tell(held: &[HeldRole]) -> String {
    let word = |flag: bool| if flag { "yes" } else { "no" };
    let mut text = String::new();
    for (at, role) in held.iter().enumerate() {
        let how = match (at, role.usage) {
            (0, _) => "the Worker's role",
            (_, true) => "inherited",
            (_, false) => "member, by SET ROLE only",
        };
        text.push_str(&format!(
            "{} ({how}): superuser {}, BYPASSRLS {}, CREATEROLE {}, REPLICATION {}, INHERIT {}, owns {} table(s)\n",
            role.name,
            word(role.superuser),
            word(role.bypass),
            word(role.creates_roles),
            word(role.replicates),
            word(role.inherits),
            role.owned
        ));
    }
    text
}
