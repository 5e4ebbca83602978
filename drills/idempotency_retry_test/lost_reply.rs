//! The reply to a COMMIT is lost on the wire.

use std::time::Duration;

use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{Listen, WirePlan, WireProxy};
use sor_gate::template::Values;

use super::calls::{Caller, FIRST};
use super::judge::LostReply;

const PATIENCE: Duration = Duration::from_secs(2);
/// How long a backend may take to notice that its client is gone.
const FAREWELL: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(1);

impl Caller<'_> {
    /// A write through a proxy that lets COMMIT through and drops the reply; then the retry, on a new connection.
    pub async fn lost_commit_reply(&self, tenant: &str, key: &str) -> Result<LostReply> {
        let values = self.values(tenant, key, FIRST);
        if let Some(program) = &self.binding.program {
            return self.program_without_reply(program, &values, key).await;
        }
        let before = self.count().await?;
        let cluster = &self.cx.cluster;
        let upstream = cluster.connect_info(&self.cx.subject.roles.worker, &cluster.database());
        let proxy = WireProxy::start(&upstream, Listen::Unix, WirePlan::lose_commit_reply()).await?;
        let session = self.cx.session_at(proxy.connect_info(), "caller cut off").await?;
        let pid = session.pid().await?;
        // An answer would mean that nothing was lost, which the missing event tells.
        let _ = self.write(&session, &values).await;
        let fault = proxy.wait_fired(PATIENCE).await.ok();
        self.cx.recorder.faults(proxy.events());
        self.gone(pid).await?;
        let landed = self.rows(key).await?.len();
        let retry = self.write(&self.cx.worker_session("caller again").await?, &values).await?;
        Ok(LostReply {
            fault: fault.map(|event| event.detail),
            landed,
            retry,
            added: self.count().await? - before,
        })
    }

    /// Waits until a backend has ended.
    pub async fn gone(&self, pid: i32) -> Result<()> {
        let sql = "SELECT count(*) AS alive FROM pg_stat_activity WHERE pid = ${pid}::int";
        let ended = async {
            while self.admin.must(sql, &Values::new().with("pid", pid)).await?.first("alive")? != "0" {
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        };
        let late = || Error::harness(format!("backend {pid} outlived its connection"));
        tokio::time::timeout(FAREWELL, ended).await.map_err(|_| late())?
    }
}
