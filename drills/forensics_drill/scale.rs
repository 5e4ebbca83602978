//! The four queries among a million events: their plans and their times.

use std::time::{Duration, Instant};

use serde_json::Value;
use sor_gate::error::{Error, Result};
use sor_gate::forensics;
use sor_gate::session::Session;
use sor_gate::subject::Forensics;
use sor_gate::template::Values;

/// How often each query is timed; the middle one counts.
const TIMES: usize = 5;
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

/// A table access in its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// `Index Scan`, `Seq Scan` …
    pub node: String,
    pub table: String,
    pub index: Option<String>,
    /// Rows that were read and thrown away.
    pub thrown_away: i64,
    /// Rows in the table.
    pub rows: i64,
}

impl Scan {
    /// Reads more than the run's own rows.
    pub fn wasteful(&self) -> bool {
        self.rows > SMALL && (self.index.is_none() || self.thrown_away > SMALL)
    }
}

/// Explains and times each query for one run.
pub async fn observe(admin: &Session, binding: &Forensics, run: &str, asked: u64) -> Result<Scale> {
    let values = Values::new().with("run_id", run);
    let mut queries = Vec::new();
    for (name, query) in forensics::queries(binding) {
        let mut scans = Vec::new();
        let explained = admin.must(&explain(query), &values).await?;
        let plan: Value = serde_json::from_str(explained.scalar().unwrap_or_default()).map_err(|error| {
            Error::harness(format!("cannot read a plan: {error}")).at(format!("forensics.{name}"))
        })?;
        gather(&plan[0]["Plan"], &mut scans);
        for scan in &mut scans {
            let rows = "SELECT reltuples::bigint FROM pg_class WHERE oid = ${table}::text::regclass";
            let rows = admin.must(rows, &Values::new().with("table", &scan.table)).await?;
            scan.rows = rows.scalar().and_then(|rows| rows.parse().ok()).unwrap_or(-1);
        }
        let mut took = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            admin.must(query, &values).await?;
            took.push(began.elapsed());
        }
        took.sort();
        queries.push(Measured { name, took: took[TIMES / 2], scans });
    }
    let events =
        queries.last().map_or(0, |query| query.scans.iter().map(|scan| scan.rows).max().unwrap_or(0));
    Ok(Scale { events, asked, queries })
}

fn explain(query: &str) -> String {
    format!("EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, FORMAT JSON) {query}")
}

/// Every table access in a plan. A bitmap's index stands in the node below (manual, 14.1).
fn gather(node: &Value, scans: &mut Vec<Scan>) {
    let text = |key: &str| node[key].as_str().map(str::to_owned);
    let below = || node["Plans"].as_array().into_iter().flatten();
    if let Some(table) = text("Relation Name") {
        let table = match text("Schema") {
            Some(schema) => format!("{}.{}", quoted(&schema), quoted(&table)),
            None => quoted(&table),
        };
        let bitmap = below().find_map(|child| child["Index Name"].as_str().map(str::to_owned));
        // An index that is read from end to end serves the order, not the search.
        let searched = node.get("Index Cond").is_some() || node.get("Recheck Cond").is_some();
        let index = text("Index Name").or(bitmap).filter(|_| searched);
        let removed = |key: &str| node[key].as_i64().unwrap_or(0);
        let thrown_away = removed("Rows Removed by Filter") + removed("Rows Removed by Index Recheck");
        let node = text("Node Type").unwrap_or_default();
        scans.push(Scan { node, table, index, thrown_away, rows: 0 });
    }
    below().for_each(|child| gather(child, scans));
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_index_counts_when_it_is_searched() {
        let plan = json!({ "Node Type": "Sort", "Plans": [
            { "Node Type": "Index Scan", "Relation Name": "e", "Schema": "public", "Index Name": "e_pkey",
              "Rows Removed by Filter": 999_000 },
            { "Node Type": "Index Scan", "Relation Name": "t", "Index Name": "t_run", "Index Cond": "(run = 'R')" },
            { "Node Type": "Bitmap Heap Scan", "Relation Name": "o", "Recheck Cond": "(run = 'R')",
              "Plans": [{ "Node Type": "Bitmap Index Scan", "Index Name": "o_run" }] },
        ]});
        let mut scans = Vec::new();
        gather(&plan, &mut scans);
        let indexes: Vec<_> = scans.iter().map(|scan| scan.index.as_deref()).collect();
        assert_eq!(indexes, [None, Some("t_run"), Some("o_run")]);
        assert_eq!(scans[0].table, "\"public\".\"e\"");
        let large = |scan: &Scan| Scan { rows: 1_000_000, ..scan.clone() }.wasteful();
        assert!(large(&scans[0]) && !large(&scans[1]) && !scans[0].wasteful());
    }
}
