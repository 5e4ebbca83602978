//! Removing what a run made: at its end, and by the next run when it was killed.

use tokio_postgres::Client;

use super::access::quoted;
use super::owned::{drop_database, lock_key};
use super::roles;
use crate::error::Result;

/// Removes everything of runs whose lock nobody holds.
///
/// # Errors
/// When the server refuses.
pub(super) async fn sweep(client: &Client) -> Result<()> {
    let found = client
        .query(
            "SELECT rolname::text FROM pg_roles
             WHERE rolname ~ '^sor_gate_' AND shobj_description(oid, 'pg_authid') LIKE '{\"sor-gate\":\"a run''s role\"%'",
            &[],
        )
        .await?;
    for row in found {
        let role: String = row.get(0);
        // The view shows the locks of every database, wherever the other run's URL led.
        let held = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
                                   AND (classid::bigint << 32 | objid::bigint) = $1)";
        if !client.query_one(held, &[&lock_key(&role)]).await?.get::<_, bool>(0) {
            // Another role's run may be beyond this role's rights; it waits for one that may remove it.
            let _ = remove_run(client, &role, &[]).await;
            client.batch_execute("RESET ROLE").await?;
        }
    }
    Ok(())
}

/// Removes a run's databases, the roles it made, and its own role.
///
/// # Errors
/// When the server refuses.
pub(super) async fn remove_run(client: &Client, role: &str, admitted: &[String]) -> Result<()> {
    let comment = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1";
    let Some(row) = client.query_opt(comment, &[&role]).await? else { return Ok(()) };
    let comment: serde_json::Value =
        serde_json::from_str(row.get::<_, Option<&str>>(0).unwrap_or("{}")).unwrap_or_default();
    let before: Vec<String> = serde_json::from_value(comment["before"].clone()).unwrap_or_default();
    let name = quoted(client, role).await?;
    client.batch_execute(&format!("SET ROLE {name}")).await?;
    let made = roles::made_by(client, role, &before, admitted).await?;
    let databases = client
        .query("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1 || '_') AND pg_get_userbyid(datdba) = $1", &[&role])
        .await?;
    for row in databases {
        drop_database(client, row.get(0)).await?;
    }
    for made in made {
        client.batch_execute(&format!("DROP ROLE IF EXISTS {}", quoted(client, &made).await?)).await?;
    }
    client.batch_execute(&format!("RESET ROLE; DROP ROLE IF EXISTS {name}")).await?;
    Ok(())
}

/// Runs work on a thread and a runtime of its own and waits for it: for places that cannot await.
pub(super) fn blocking(work: impl Future<Output = Result<()>> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            let _ = runtime.block_on(work);
        }
    });
    let _ = thread.join();
}
