//! The Worker holds a connection of its own.

use std::path::PathBuf;

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::mcp;
use sor_gate::stage::Stage;
use sor_gate::template::Values;

/// Starts the Worker below a parent that holds a socket to the server; no variable and no argument tells.
pub const BREAK: Break = Break {
    id: "socket_held",
    claim: "no_database_url",
    summary: "hold a socket to Postgres beside the Worker",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let path = "SELECT split_part(current_setting('unix_socket_directories'), ',', 1) || '/.s.PGSQL.' \
                || current_setting('port') AS path";
    let path = PathBuf::from(stage.admin.must(path, &Values::new()).await?.first("path")?);
    let (Some(worker), true) = (&mut stage.subject.worker, path.exists()) else {
        return Ok(Applied::Unviable("no [worker], or the server's socket is not on this machine".into()));
    };
    mcp::hold_a_socket(worker, &path);
    Ok(Applied::Done("the Worker's parent holds a socket to Postgres".into()))
}
