//! Journal and effect that come apart.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::stage::Stage;

use super::super::sweep::PART;

/// Takes BEGIN off the wire, so that each statement commits by itself; settings of the transaction become those of the
/// session.
pub const BREAK: Break = Break {
    id: "two_transactions",
    claim: "every_crash_point",
    summary: "journal and effect are written in two transactions",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    if stage.subject.worker.is_none() {
        return Ok(Applied::Unviable("no [worker]".into()));
    }
    stage.hooks.on_the_wire_in(PART, Rewrite::new("BEGIN taken out", without_begin));
    stage.hooks.on_the_wire_in(PART, Rewrite::new("SET LOCAL made SET", for_the_session));
    Ok(Applied::Done("each statement of the Worker's side commits by itself".into()))
}

/// A statement with the same kind of answer in the place of BEGIN.
fn without_begin(sql: &str) -> Option<String> {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let begins = word.eq_ignore_ascii_case("BEGIN")
        || sql.trim_start().to_ascii_uppercase().starts_with("START TRANSACTION");
    begins.then(|| "DO 'BEGIN END'".to_owned())
}

fn for_the_session(sql: &str) -> Option<String> {
    let upper = sql.to_ascii_uppercase();
    if let Some(at) = upper.find("SET LOCAL ") {
        return Some(format!("{}SET {}", &sql[..at], &sql[at + "SET LOCAL ".len()..]));
    }
    let call = upper.find("SET_CONFIG(")?;
    let end = call + upper[call..].find("TRUE)")?;
    Some(format!("{}false){}", &sql[..end], &sql[end + "TRUE)".len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_becomes_a_row_of_statements() {
        assert_eq!(without_begin("BEGIN ISOLATION LEVEL SERIALIZABLE").unwrap(), "DO 'BEGIN END'");
        assert_eq!(without_begin("SELECT 1"), None);
        assert_eq!(for_the_session("SET LOCAL x = 1").unwrap(), "SET x = 1");
        let set = "-- first\nSELECT set_config('app.tenant', $1, true)";
        assert_eq!(for_the_session(set).unwrap(), "-- first\nSELECT set_config('app.tenant', $1, false)");
    }
}
