//! The connection that watches who waits for whom.

use crate::error::{Error, Result};
use crate::session::Session;
use crate::template::Values;

/// Both kinds of waiting between sessions: heavyweight locks, and a deferrable transaction's wait for a safe snapshot
/// (manual, 9.26 System Information Functions). The isolation tester asks the same.
const BLOCKERS: &str = "SELECT array_to_string(pg_blocking_pids(p) || pg_safe_snapshot_blocking_pids(p), ',')
    FROM (SELECT ${pid}::int AS p) AS asked";

/// The places, in `pids`, of the sessions that the backend waits for now. Others that it may wait for, such as an
/// autovacuum, pass by themselves and do not count.
pub(super) async fn blockers(monitor: &Session, pid: i32, pids: &[i32]) -> Result<Vec<usize>> {
    let answer = monitor.client().query_one(&BLOCKERS.replace("${pid}", &pid.to_string()), &[]).await?;
    let text: String = answer.try_get(0)?;
    let blocking: Vec<i32> = text.split(',').filter_map(|pid| pid.parse().ok()).collect();
    Ok((0..pids.len()).filter(|at| blocking.contains(&pids[*at])).collect())
}

/// Brings a session back to where a new connection stands. Prepared statements stay: they are the driver's own.
pub(super) async fn renew(session: &Session) -> Result<()> {
    const RENEW: &str = "ROLLBACK; CLOSE ALL; RESET SESSION AUTHORIZATION; RESET ALL; UNLISTEN *;
        SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";
    session.script(RENEW, &Values::new()).await.map_err(|error: Error| error.during("renewing a session"))
}
