//! What belongs to a database and is not copied with it: its settings and its grants.

use tokio_postgres::Client;

use crate::error::{Error, Result};

/// Settings whose stored value is a list, quoted already.
const LISTS: &str = "search_path|temp_tablespaces|session_preload_libraries|local_preload_libraries";

/// Gives `to` the settings and grants of `from` (PostgreSQL manual, CREATE DATABASE: they are not copied).
///
/// # Errors
/// When the role may not, as for settings that only a superuser sets.
pub(super) async fn copy_attributes(maker: &Client, from: &str, to: &str) -> Result<()> {
    let settings = format!(
        "SELECT format(
             CASE WHEN s.setrole = 0 THEN 'ALTER DATABASE %1$I SET %3$I TO %4$s'
                  ELSE 'ALTER ROLE %2$I IN DATABASE %1$I SET %3$I TO %4$s' END,
             $2::text, pg_get_userbyid(s.setrole), split_part(c, '=', 1),
             CASE WHEN split_part(c, '=', 1) ~ '^({LISTS})$' THEN v ELSE quote_literal(v) END)
         FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase,
              unnest(s.setconfig) c, substr(c, strpos(c, '=') + 1) v
         WHERE d.datname = $1"
    );
    let grants = "SELECT 'REVOKE ALL ON DATABASE ' || quote_ident($2) || ' FROM PUBLIC'
         FROM pg_database WHERE datname = $1 AND datacl IS NOT NULL
         UNION ALL
         SELECT format('GRANT %s ON DATABASE %I TO %s%s', a.privilege_type, $2::text,
                       CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                       CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
         FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1 AND a.grantee <> d.datdba";
    for query in [settings.as_str(), grants] {
        for row in maker.query(query, &[&from, &to]).await? {
            maker.batch_execute(row.get(0)).await?;
        }
    }
    Ok(())
}

/// Gives a database the settings that a cluster was asked for.
///
/// # Errors
/// When a setting is the server's alone.
pub(super) async fn set(maker: &Client, database: &str, settings: &[(String, String)]) -> Result<()> {
    for (name, value) in settings {
        let text = "SELECT format('ALTER DATABASE %I SET %I = %L', $1::text, $2::text, $3::text)";
        let statement: String = maker.query_one(text, &[&database, name, value]).await?.get(0);
        maker.batch_execute(&statement).await.map_err(|error| {
            let why = Error::from(error).what;
            Error::environment(format!(
                "an existing server cannot be given the setting {name} = {value}: {why}"
            ))
            .fix("use `--postgres local` or `container`")
        })?;
    }
    Ok(())
}
