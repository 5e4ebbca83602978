//! Table accesses in a plan, as `EXPLAIN (FORMAT JSON)` tells it (manual, 14.1 Using EXPLAIN).

use serde_json::Value;

use crate::error::{Error, Result};
use crate::quote::quote_ident;
use crate::session::{Rows, Session};
use crate::template::Values;

/// A table access in a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// `Index Scan`, `Seq Scan` …
    pub node: String,
    /// The table, qualified where the plan is VERBOSE.
    pub table: String,
    /// The index that is searched, not merely read from end to end.
    pub index: Option<String>,
    /// Rows that were read and thrown away; known with ANALYZE.
    pub thrown_away: i64,
    /// Rows that were read and passed on; known with ANALYZE.
    pub passed_on: i64,
    /// Rows in the table.
    pub rows: i64,
}

/// The accesses of a query's plan; `options` are those of EXPLAIN besides the format. Rows are the statistics' own.
///
/// # Errors
/// A harness error when the query cannot be planned.
pub async fn accesses(session: &Session, options: &str, query: &str, values: &Values) -> Result<Vec<Scan>> {
    let explained = session.must(&format!("EXPLAIN ({options}, FORMAT JSON) {query}"), values).await?;
    let mut scans = scans(&explained)?;
    for scan in &mut scans {
        let rows = "SELECT reltuples::bigint FROM pg_class WHERE oid = ${table}::text::regclass";
        let rows = session.must(rows, &Values::new().with("table", &scan.table)).await?;
        scan.rows = rows.scalar().and_then(|rows| rows.parse().ok()).unwrap_or(-1);
    }
    Ok(scans)
}

fn scans(explained: &Rows) -> Result<Vec<Scan>> {
    let plan: Value = serde_json::from_str(explained.scalar().unwrap_or_default())
        .map_err(|error| Error::harness(format!("cannot read a plan: {error}")))?;
    let mut scans = Vec::new();
    gather(&plan[0]["Plan"], &mut scans);
    Ok(scans)
}

/// A bitmap's index stands in the node below.
fn gather(node: &Value, scans: &mut Vec<Scan>) {
    let text = |key: &str| node[key].as_str().map(str::to_owned);
    let below = || node["Plans"].as_array().into_iter().flatten();
    if let Some(table) = text("Relation Name") {
        let table = match text("Schema") {
            Some(schema) => format!("{}.{}", quote_ident(&schema), quote_ident(&table)),
            None => quote_ident(&table),
        };
        let bitmap = below().find_map(|child| child["Index Name"].as_str().map(str::to_owned));
        // An index that is read from end to end serves the order, not the search.
        let searched = node.get("Index Cond").is_some() || node.get("Recheck Cond").is_some();
        let index = text("Index Name").or(bitmap).filter(|_| searched);
        let number = |key: &str| node[key].as_f64().unwrap_or(0.0);
        let loops = number("Actual Loops");
        let thrown_away = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        #[expect(clippy::cast_possible_truncation, reason = "counts of rows are far below 2^53")]
        let whole = |number: f64| number.round() as i64;
        scans.push(Scan {
            node: text("Node Type").unwrap_or_default(),
            table,
            index,
            thrown_away: whole(thrown_away),
            passed_on: whole(number("Actual Rows") * loops),
            rows: 0,
        });
    }
    below().for_each(|child| gather(child, scans));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_index_counts_when_it_is_searched() {
        let plan = json!({ "Node Type": "Sort", "Plans": [
            { "Node Type": "Index Scan", "Relation Name": "e", "Schema": "public", "Index Name": "e_pkey",
              "Rows Removed by Filter": 999_000, "Actual Rows": 3.5, "Actual Loops": 2 },
            { "Node Type": "Index Scan", "Relation Name": "t", "Index Name": "t_run", "Index Cond": "(run = 'R')" },
            { "Node Type": "Bitmap Heap Scan", "Relation Name": "o", "Recheck Cond": "(run = 'R')",
              "Plans": [{ "Node Type": "Bitmap Index Scan", "Index Name": "o_run" }] },
        ]});
        let mut scans = Vec::new();
        gather(&plan, &mut scans);
        let indexes: Vec<_> = scans.iter().map(|scan| scan.index.as_deref()).collect();
        assert_eq!(indexes, [None, Some("t_run"), Some("o_run")]);
        assert_eq!(scans[0].table, "\"public\".\"e\"");
        assert_eq!((scans[0].thrown_away, scans[0].passed_on), (999_000, 7));
    }
}
