//! The roles that the subject's set-up makes: which they are, and putting them back as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use tokio_postgres::Client;

use super::access::{Access, quoted};
use super::owned::Owned;
use crate::error::{Error, Result};

/// The roles made by a run: new since it began, and tied to it by what they own or may do in its databases, by
/// membership, by who granted them, or by having been admitted. A new role without any tie may be anybody's.
pub(super) async fn made_by(
    client: &Client,
    run: &str,
    before: &[String],
    admitted: &[String],
) -> Result<Vec<String>> {
    let query = "WITH RECURSIVE new AS (
             SELECT oid, rolname FROM pg_roles
             WHERE rolname <> ALL ($2::text[]) AND rolname <> current_user AND rolname !~ '^(pg|sor_gate)_'),
         tied AS (
             SELECT n.oid FROM new n
             WHERE n.rolname = ANY ($3::text[])
                OR EXISTS (SELECT FROM pg_shdepend d
                           JOIN pg_database b ON b.oid = d.dbid OR d.classid = 'pg_database'::regclass AND b.oid = d.objid
                           WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = n.oid
                             AND starts_with(b.datname, $1 || '_'))
                OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = n.oid
                             AND (m.grantor = to_regrole(quote_ident($1)) OR m.member = to_regrole(quote_ident($1))))
             UNION
             SELECT n.oid FROM tied t JOIN pg_auth_members m ON t.oid IN (m.roleid, m.member)
             JOIN new n ON n.oid IN (m.roleid, m.member))
         SELECT n.rolname::text FROM new n JOIN tied USING (oid) ORDER BY 1";
    let rows = client.query(query, &[&run, &before, &admitted]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Fails when a role that was there before the run has got something in a database of the run.
///
/// # Errors
/// Naming that role.
pub(super) async fn refuse_strangers(client: &Client, owned: &Owned, database: &str) -> Result<()> {
    let query = "SELECT r.rolname::text FROM pg_roles r JOIN pg_shdepend d ON d.refobjid = r.oid
         JOIN pg_database b ON b.oid = d.dbid
         WHERE d.refclassid = 'pg_authid'::regclass AND b.datname = $1 AND r.rolname = ANY ($2)
           AND r.rolname !~ '^pg_' LIMIT 1";
    match client.query_opt(query, &[&database, &owned.before]).await? {
        Some(row) => Err(stranger(row.get(0), &owned.access)),
        None => Ok(()),
    }
}

/// The error about a role that is somebody else's.
pub(super) fn stranger(role: &str, access: &Access) -> Error {
    Error::environment(format!("the subject uses role `{role}`, which was on the server before the run"))
        .at(access.redacted())
        .fix("use a server without that role, or `--postgres local` or `container`")
}

/// The run's roles at one moment, so that a drill finds them as the preparation left them, whatever the drill before
/// did to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleState {
    /// Attributes as ALTER ROLE writes them, by role.
    attributes: BTreeMap<String, Vec<String>>,
    /// Role, member, and whether with the right to grant on.
    memberships: BTreeSet<(String, String, bool)>,
}

impl RoleState {
    /// Reads the state of the run's roles.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn read(client: &Client, owned: &Owned) -> Result<Self> {
        let admitted =
            owned.admitted.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect::<Vec<_>>();
        let made = made_by(client, &owned.role, &owned.before, &admitted).await?;
        let attributes = "SELECT rolname::text, ARRAY[
                 CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
                 CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
                 CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
                 CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
                 CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
                 CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
                 CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
                 'CONNECTION LIMIT ' || rolconnlimit]
             FROM pg_roles WHERE rolname = ANY ($1)";
        let attributes = client.query(attributes, &[&made]).await?;
        let memberships =
            "SELECT pg_get_userbyid(roleid)::text, pg_get_userbyid(member)::text, bool_or(admin_option)
             FROM pg_auth_members WHERE pg_get_userbyid(member) = ANY ($1) GROUP BY 1, 2";
        let memberships = client.query(memberships, &[&made]).await?;
        Ok(Self {
            attributes: attributes.iter().map(|row| (row.get(0), row.get(1))).collect(),
            memberships: memberships.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
        })
    }

    /// Undoes what has happened to the roles since.
    ///
    /// # Errors
    /// When a role is gone, or the server refuses.
    pub(super) async fn restore(&self, client: &Client, owned: &Owned) -> Result<()> {
        let now = Self::read(client, owned).await?;
        for (role, member, _) in now.memberships.difference(&self.memberships) {
            let (role, member) = (quoted(client, role).await?, quoted(client, member).await?);
            client.batch_execute(&format!("REVOKE {role} FROM {member}")).await?;
        }
        for role in now.attributes.keys().filter(|role| !self.attributes.contains_key(*role)) {
            // It stays, unusable, where another database of the run still grants it something.
            let _ = client.batch_execute(&format!("DROP ROLE {}", quoted(client, role).await?)).await;
        }
        for (role, wanted) in &self.attributes {
            let Some(found) = now.attributes.get(role) else {
                return Err(Error::harness(format!("role `{role}` is gone; an earlier drill dropped it"))
                    .fix("use `--postgres local`, where each drill has roles of its own"));
            };
            let changed: Vec<&str> =
                wanted.iter().filter(|one| !found.contains(one)).map(String::as_str).collect();
            if !changed.is_empty() {
                let role = quoted(client, role).await?;
                client.batch_execute(&format!("ALTER ROLE {role} {}", changed.join(" "))).await?;
            }
        }
        for (role, member, grants_on) in self.memberships.difference(&now.memberships) {
            let (role, member) = (quoted(client, role).await?, quoted(client, member).await?);
            let option = if *grants_on { " WITH ADMIN OPTION" } else { "" };
            client.batch_execute(&format!("GRANT {role} TO {member}{option}")).await?;
        }
        Ok(())
    }
}
