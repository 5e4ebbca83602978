//! Reading both scripts, and the bodies of the functions that they call.

use sor_gate::error::Result;
use sor_gate::migration::Script;
use sor_gate::migration::reading::{Danger, Reading};
use sor_gate::subject::Proposal;
use tokio_postgres::Client;

/// What the reading found.
pub struct Review {
    pub id: String,
    pub up: Reading,
    /// None when there is no downgrade at all.
    pub down: Option<Reading>,
    /// Dangers in existing functions that the upgrade calls, each with the function's name.
    pub called: Vec<(String, Danger)>,
    /// How many such functions were read.
    pub functions_read: usize,
    pub up_file: String,
    pub down_file: Option<String>,
}

const BODIES: &str = "\
    SELECT n.nspname || '.' || p.proname || '()', p.proname::text, pg_get_functiondef(p.oid) \
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
    WHERE p.proname = ANY ($1) AND p.prokind IN ('f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')";

/// Reads the proposal; existing functions are looked up on the branch, and what they call in turn.
pub async fn review(proposal: &Proposal, admin: &Client) -> Result<Review> {
    let (up, down) = (Reading::of(&proposal.up), proposal.down.as_ref().map(Reading::of));
    let mut called = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut wanted: Vec<String> = up.calls.iter().filter_map(|name| name.last().cloned()).collect();
    let mut functions_read = 0;
    while !wanted.is_empty() {
        known.extend(wanted.iter().cloned());
        let mut next = Vec::new();
        for row in admin.query(BODIES, &[&wanted]).await? {
            let (function, definition): (String, String) = (row.get(0), row.get(2));
            let body = Reading::of(&Script::new(&function, definition));
            functions_read += 1;
            called.extend(body.dangers.iter().map(|danger| (function.clone(), danger.clone())));
            next.extend(body.calls.iter().filter_map(|name| name.last().cloned()));
        }
        next.retain(|name| !known.contains(name));
        next.sort();
        next.dedup();
        wanted = next;
    }
    // The same override that allows a statement allows it in a function that the upgrade calls.
    for (_, danger) in &mut called {
        danger.allowed = up.overrides.iter().find(|allow| allow.covers(danger)).cloned();
    }
    Ok(Review {
        id: proposal.id.clone(),
        up,
        down,
        called,
        functions_read,
        up_file: proposal.up.file(),
        down_file: proposal.down.as_ref().map(Script::file),
    })
}
