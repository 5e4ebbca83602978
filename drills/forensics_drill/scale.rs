//! The four queries among a million events: their plans and their times.

use std::time::{Duration, Instant};

use sor_gate::error::Result;
use sor_gate::explain::{self, Scan};
use sor_gate::forensics;
use sor_gate::session::Session;
use sor_gate::subject::Forensics;
use sor_gate::template::Values;

/// How long each query may take.
pub const BOUND: Duration = Duration::from_millis(50);
/// How often a query is timed that takes longer. A busy machine adds to a query's time and never takes away.
const TIMES: usize = 9;
/// Tables with fewer rows may be read from end to end.
const SMALL: i64 = 5_000;

/// What was measured.
pub struct Scale {
    /// Rows of the largest table that the events query reads.
    pub events: i64,
    /// As many were asked for.
    pub asked: u64,
    pub queries: Vec<Measured>,
}

/// One query.
pub struct Measured {
    pub name: &'static str,
    pub took: Duration,
    pub scans: Vec<Scan>,
}

/// Whether an access reads more than the run's own rows.
pub fn wasteful(scan: &Scan) -> bool {
    scan.rows > SMALL && (scan.index.is_none() || scan.thrown_away > SMALL)
}

/// Explains and times each query for one run.
pub async fn observe(admin: &Session, binding: &Forensics, run: &str, asked: u64) -> Result<Scale> {
    let values = Values::new().with("run_id", run);
    let mut queries = Vec::new();
    for (name, query) in forensics::queries(binding) {
        let scans = explain::accesses(admin, "ANALYZE, VERBOSE, TIMING OFF", query, &values)
            .await
            .map_err(|error| error.during(format!("forensics.{name}")))?;
        // A plan that reads too much has decided already.
        let times = if scans.iter().any(wasteful) { 1 } else { TIMES };
        let mut took = Duration::MAX;
        for _ in 0..times {
            let began = Instant::now();
            admin.must(query, &values).await?;
            took = took.min(began.elapsed());
            if took <= BOUND {
                break;
            }
        }
        queries.push(Measured { name, took, scans });
    }
    let events =
        queries.last().map_or(0, |query| query.scans.iter().map(|scan| scan.rows).max().unwrap_or(0));
    Ok(Scale { events, asked, queries })
}
