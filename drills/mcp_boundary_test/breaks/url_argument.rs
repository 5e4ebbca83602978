//! The Worker is handed the database's URL on its command line.

use sor_gate::drill::{Applied, Break};
use sor_gate::stage::Stage;

/// Starts the Worker through `env`, whose arguments are the Worker's own and stay readable for everybody.
pub const BREAK: Break = Break {
    id: "url_argument",
    claim: "no_database_url",
    summary: "put the database's URL on the Worker's command line",
    apply: |stage| Box::pin(std::future::ready(Ok(apply(stage)))),
};

fn apply(stage: &mut Stage<'_>) -> Applied {
    let Some(worker) = &mut stage.subject.worker else {
        return Applied::Unviable("no [worker]".into());
    };
    // The shell stays, with the URL among its arguments; the Worker is its child and keeps its input and output.
    let front = ["/bin/sh", "-c", "shift; \"$@\"", "worker", "${database_url}"];
    let own = std::mem::take(&mut worker.command);
    worker.command = front.into_iter().map(str::to_owned).chain(own).collect();
    Applied::Done("the database's URL is an argument of the Worker".into())
}
