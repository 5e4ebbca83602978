//! The Worker is handed the database's URL.

use sor_gate::drill::{Applied, Break};
use sor_gate::stage::Stage;

/// Exports DATABASE_URL to the Worker, leading where the server's leads.
pub const BREAK: Break = Break {
    id: "database_url_exported",
    claim: "no_database_url",
    summary: "export DATABASE_URL to the Worker",
    apply: |stage| Box::pin(std::future::ready(Ok(apply(stage)))),
};

fn apply(stage: &mut Stage<'_>) -> Applied {
    let Some(worker) = &mut stage.subject.worker else {
        return Applied::Unviable("no [worker]".into());
    };
    worker.env.insert("DATABASE_URL".into(), "${database_url}".into());
    Applied::Done("the Worker's environment holds DATABASE_URL".into())
}
