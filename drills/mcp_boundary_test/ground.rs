//! What all claims share: the server's command, sample calls, and a function whose running cannot be missed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::mcp::{self, Answer, Client};
use sor_gate::postgres::ConnectInfo;
use sor_gate::session::Session;
use sor_gate::subject::{Mcp, ToolCall};
use sor_gate::template::Values;
use sor_gate::worker::{Assignment, WorkerCommand};

/// The schema of the harness's own objects.
pub const SCHEMA: &str = "sor_gate";
/// A call of the function that must never run.
pub const SIDE_EFFECT: &str = "sor_gate.side_effect()";

/// Whoever runs it advances a sequence, which not even a rollback undoes (manual, 9.17); it asks for no privilege.
const BAIT: &str = "
    CREATE SCHEMA sor_gate;
    GRANT USAGE ON SCHEMA sor_gate TO PUBLIC;
    CREATE TABLE sor_gate.bait ();
    CREATE SEQUENCE sor_gate.ran MINVALUE 0 START 0;
    SELECT nextval('sor_gate.ran');
    CREATE FUNCTION sor_gate.side_effect() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN
        PERFORM nextval('sor_gate.ran');
        RETURN 'ran';
    END $$";

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A drill's ground.
pub struct Ground<'a> {
    pub cx: &'a Context,
    pub mcp: &'a Mcp,
    pub tenant: &'a str,
    pub role: &'a str,
    pub admin: Session,
    runs: AtomicU32,
}

impl<'a> Ground<'a> {
    pub async fn lay(cx: &'a Context, mcp: &'a Mcp, tenant: &'a str) -> Result<Self> {
        let admin = cx.admin().await?;
        admin.script(BAIT, &Values::new()).await?;
        let role = mcp.role.as_deref().unwrap_or(&cx.subject.roles.worker);
        Ok(Self { cx, mcp, tenant, role, admin, runs: AtomicU32::new(0) })
    }

    /// A run id that was never used.
    pub fn fresh_run(&self) -> String {
        format!("boundary-{}", self.runs.fetch_add(1, Ordering::Relaxed))
    }

    /// How long an answer is waited for.
    pub fn patience(&self) -> Duration {
        PATIENCE.min(self.mcp.program.timeout())
    }

    /// The server's command line and environment.
    pub fn server(&self) -> Result<WorkerCommand> {
        self.server_at(&self.cx.address(self.role))
    }

    /// The same with the database at another address.
    pub fn server_at(&self, address: &ConnectInfo) -> Result<WorkerCommand> {
        let assignment = Assignment::run("boundary", self.tenant, "boundary");
        self.cx.server(self.mcp, address, &assignment)
    }

    /// A connected client of a server of its own.
    pub async fn client(&self) -> Result<Client> {
        let client = Client::start(&self.cx.scope, &self.server()?, self.patience()).await?;
        self.cx.recorder.note("mcp server", format!("started (pid {})", client.process().pid()));
        Ok(client)
    }

    /// Sample arguments, filled for a run.
    pub fn arguments(&self, call: &ToolCall, run: &str) -> Result<Map<String, Value>> {
        let values = Values::new().with("run_id", run).with("tenant", self.tenant);
        mcp::fill(&call.arguments, &values)
    }

    /// Makes the calls that must come first; the answer to the first one that was not accepted, if any.
    pub async fn before(&self, client: &Client, call: &ToolCall, run: &str) -> Result<Option<Answer>> {
        for first in &call.before {
            let answer = client.call(&first.tool, self.arguments(first, run)?).await;
            if !answer.accepted() {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// A row of the tenant, where the subject says how to add one.
    pub async fn seed_row(&self) -> Result<()> {
        let Some(tenancy) = &self.cx.subject.tenancy else { return Ok(()) };
        let (session, values) = (self.cx.worker_session("seed").await?, Values::new());
        let values = values.with("tenant", self.tenant).with("n", 1);
        for sql in ["BEGIN", &tenancy.set, &tenancy.insert, "COMMIT"] {
            session.must(sql, &values).await?;
        }
        Ok(())
    }

    /// How often the function has run.
    pub async fn ran(&self) -> Result<i64> {
        let rows = self.admin.must("SELECT last_value FROM sor_gate.ran", &Values::new()).await?;
        Ok(rows.scalar().and_then(|count| count.parse().ok()).unwrap_or(-1))
    }
}
