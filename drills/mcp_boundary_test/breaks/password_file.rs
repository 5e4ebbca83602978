//! The Worker's home holds a password file.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::{Error, Result};
use sor_gate::stage::Stage;

/// Gives the Worker a home folder with a `.pgpass` in it (manual, 34.16).
pub const BREAK: Break = Break {
    id: "password_file",
    claim: "no_database_url",
    summary: "put a .pgpass into the Worker's home",
    apply: |stage| Box::pin(std::future::ready(apply(stage))),
};

fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(worker) = &mut stage.subject.worker else {
        return Ok(Applied::Unviable("no [worker]".into()));
    };
    let home = stage.scratch.join("home");
    let written = std::fs::create_dir_all(&home)
        .and_then(|()| std::fs::write(home.join(".pgpass"), "*:*:*:*:sor-gate\n"));
    written.map_err(|error| Error::environment(error.to_string()).at(home.display()))?;
    worker.env.insert("HOME".into(), home.display().to_string());
    Ok(Applied::Done("the Worker's home holds a .pgpass".into()))
}
