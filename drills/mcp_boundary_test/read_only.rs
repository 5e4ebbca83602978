//! Tools that take SQL and promise to change nothing: here the text is a statement, and what counts is what it leaves behind.

use sor_gate::catalog::TableDigests;
use sor_gate::error::Result;
use sor_gate::mcp::{self, Answer, Client};
use sor_gate::session::{Outcome, Rows};
use sor_gate::template::Values;

use super::ground::Ground;
use super::judge::{LetThrough, ReadOnly};

/// Ways out of a transaction that only reads, each followed by a change (manual, SET TRANSACTION).
const WAYS: [&str; 6] = [
    "",
    "COMMIT; ",
    "ROLLBACK; ",
    "SELECT 1; END; ",
    "SET TRANSACTION READ WRITE; ",
    "COMMIT; SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; ",
];

/// Everything that must stay as it is.
struct Picture {
    tables: TableDigests,
    answers: Vec<Rows>,
}

impl Picture {
    async fn take(ground: &Ground<'_>) -> Result<Self> {
        let mut answers = Vec::new();
        for query in &ground.mcp.unchanged {
            answers.push(ground.admin.must(query, &Values::new()).await?);
        }
        Ok(Self { tables: TableDigests::take(ground.admin.client()).await?, answers })
    }

    /// What is different now, in words.
    fn changed(&self, now: &Self, queries: &[String]) -> Vec<String> {
        let tables = self.tables.compare(&now.tables);
        let mut changed: Vec<String> =
            tables.into_iter().map(|one| format!("{}: {}", one.table, one.what)).collect();
        let differs = self.answers.iter().zip(&now.answers).zip(queries);
        changed.extend(
            differs.filter(|((was, is), _)| was != is).map(|(_, sql)| format!("another answer to {sql}")),
        );
        changed
    }
}

/// Sends changes through every such tool, each by every way, and looks after each what has become of the rows.
pub async fn observe(ground: &Ground<'_>, client: &Client) -> Result<ReadOnly> {
    let mut seen = ReadOnly { tools: ground.mcp.read_only.clone(), ..ReadOnly::default() };
    if seen.tools.is_empty() {
        return Ok(seen);
    }
    ground.seed_row().await?;
    seen.changes = changes(ground).await?;
    let mut before = Picture::take(ground).await?;
    for call in ground.mcp.calls.iter().filter(|call| seen.tools.contains(&call.tool)) {
        let sample = ground.arguments(call, &ground.fresh_run())?;
        for place in mcp::places(&sample, &serde_json::Value::Null) {
            for text in seen.changes.iter().flat_map(|change| WAYS.map(|way| format!("{way}{change}"))) {
                let answer = client.call(&call.tool, place.put(&sample, &text)).await;
                seen.texts += 1;
                let now = Picture::take(ground).await?;
                let changed = before.changed(&now, &ground.mcp.unchanged);
                if !changed.is_empty() {
                    let place = format!("{}.{}", call.tool, place.name());
                    seen.let_through.push(LetThrough { place, text, changed });
                }
                before = now;
                if matches!(answer, Answer::Silence | Answer::Closed) {
                    seen.unanswered += 1;
                    return Ok(seen);
                }
            }
        }
    }
    Ok(seen)
}

/// Deletions that would be felt: the admin is seen to delete rows by them, and takes that back.
async fn changes(ground: &Ground<'_>) -> Result<Vec<String>> {
    let (mut felt, none) = (Vec::new(), Values::new());
    for table in ground.mcp.needs.keys() {
        let sql = format!("DELETE FROM {table}");
        ground.admin.must("BEGIN", &none).await?;
        let outcome = ground.admin.attempt(&sql, &none).await?;
        ground.admin.must("ROLLBACK", &none).await?;
        if matches!(outcome, Outcome::Done(rows) if rows.affected > 0) {
            felt.push(sql);
        }
    }
    Ok(felt)
}
