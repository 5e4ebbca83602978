//! The breaks of drill 8, one file each.

mod careless_spelling;
mod catch_all_tool;
mod connection_string_told;
mod database_url_exported;
mod dies_on_garbage;
mod fifth_tool;
mod late_tool;
mod log_off;
mod password_file;
mod second_page;
mod silent_on_unknown;
mod socket_held;
mod string_built_sql;
mod superuser_role;
mod text_executed;
mod touches_first;
mod truncate_granted;
mod url_argument;

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::mcp::Meddling;
use sor_gate::stage::Stage;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    fifth_tool::BREAK,
    database_url_exported::BREAK,
    catch_all_tool::BREAK,
    log_off::BREAK,
    string_built_sql::BREAK,
    superuser_role::BREAK,
    dies_on_garbage::BREAK,
    second_page::BREAK,
    late_tool::BREAK,
    careless_spelling::BREAK,
    touches_first::BREAK,
    text_executed::BREAK,
    truncate_granted::BREAK,
    connection_string_told::BREAK,
    silent_on_unknown::BREAK,
    url_argument::BREAK,
    password_file::BREAK,
    socket_held::BREAK,
];

/// Puts the man in the middle in front of the subject's server.
fn meddle(stage: &mut Stage<'_>, meddling: Meddling) -> Result<Applied> {
    let Some(mcp) = &mut stage.subject.mcp else {
        return Ok(Applied::Unviable("no [mcp]".into()));
    };
    if !meddling.install(mcp) {
        return Ok(Applied::Unviable("mcp.url has a port of its own in place of ${port}".into()));
    }
    Ok(Applied::Done(format!("a man in the middle in front of the server: {meddling:?}")))
}

/// The role that the server connects as.
fn role(stage: &Stage<'_>) -> Option<String> {
    let mcp = stage.subject.mcp.as_ref()?;
    Some(mcp.role.clone().unwrap_or_else(|| stage.subject.roles.worker.clone()))
}
