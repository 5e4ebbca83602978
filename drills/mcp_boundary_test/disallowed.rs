//! Tools that are not on the list: refused, in silence.

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::{Map, json};
use sor_gate::error::Result;
use sor_gate::mcp::{Answer, Client};
use sor_gate::postgres::{LogLine, ServerLog};
use sor_gate::session::Session;
use sor_gate::template::Values;

use super::ground::{Ground, SIDE_EFFECT};
use super::judge::{Disallowed, Log, Tried};

/// How long the server's log may lag behind a statement.
const LAG: Duration = Duration::from_secs(20);
const TOOL: &str = "drop_table";
/// A tool that surely nobody has: what it is answered is what an unknown tool is answered.
const STRANGER: &str = "sor_gate_no_such_tool";

/// Calls `drop_table` between two canaries, then everything that looks like it or like an allowed tool.
pub async fn observe(ground: &Ground<'_>, client: &Client) -> Result<Disallowed> {
    let log = ground.cx.cluster.log();
    // Sessions read the setting when they begin; the server has none yet, or takes a new one.
    ground.cx.cluster.log_statements("all").await?;
    let canary = ground.cx.session(ground.role, "canary").await?;
    let before = (ground.ran().await?, bait(&ground.admin).await?);
    let start = log.map_or(0, |log| log.position());
    canary.attempt(&first_canary(), &Values::new()).await?;
    let answer = client.call(TOOL, tempting()).await;
    canary.attempt(&last_canary(), &Values::new()).await?;
    let heard = match log {
        Some(log) => read(ground, log, start).await?,
        None => None,
    };
    let control = control(ground, client, log).await?;
    ground.cx.cluster.log_statements("none").await?;
    let stranger = client.call(STRANGER, tempting()).await;
    let mut tried = vec![Tried { name: TOOL.into(), answer }];
    let mut calls = Vec::new();
    for (name, tool) in look_alikes(&ground.mcp.allow) {
        calls.push(call(ground, client, name, tool));
    }
    tried.extend(try_join_all(calls).await?);
    let untouched = before == (ground.ran().await?, bait(&ground.admin).await?);
    let declared = ground.mcp.refusal.clone();
    let alike = told(STRANGER, &stranger) == told(TOOL, &tried[0].answer);
    Ok(Disallowed { tried, untouched, declared, alike, log: heard, control })
}

/// An answer without the name in it.
fn told(name: &str, answer: &Answer) -> String {
    answer.to_string().replace(name, "…")
}

/// Calls a name; in place of an allowed tool with arguments that the tool would take, so that nothing but the name can be
/// what is refused.
async fn call(ground: &Ground<'_>, client: &Client, name: String, tool: Option<String>) -> Result<Tried> {
    let sample = tool.and_then(|tool| ground.mcp.calls.iter().find(|call| call.tool == tool));
    let arguments = match sample {
        Some(sample) => {
            let run = ground.fresh_run();
            ground.before(client, sample, &run).await?;
            ground.arguments(sample, &run)?
        }
        None => tempting(),
    };
    let answer = client.call(&name, arguments).await;
    Ok(Tried { name, answer })
}

fn first_canary() -> String {
    "SELECT 'sor-gate canary before the refused call'".into()
}

fn last_canary() -> String {
    "SELECT 'sor-gate canary after the refused call'".into()
}

/// What a server that runs SQL, or drops tables, could be tempted by.
fn tempting() -> Map<String, serde_json::Value> {
    let sql = format!("SELECT {SIDE_EFFECT}");
    let arguments = json!({ "sql": sql, "query": sql, "table": "sor_gate.bait", "name": "sor_gate.bait" });
    arguments.as_object().cloned().unwrap_or_default()
}

async fn bait(admin: &Session) -> Result<String> {
    let rows = admin.must("SELECT to_regclass('sor_gate.bait') IS NOT NULL", &Values::new()).await?;
    Ok(rows.scalar().unwrap_or_default().to_owned())
}

/// What stands between the canaries; `None` when the server's log does not reach the harness.
async fn read(ground: &Ground<'_>, log: &ServerLog, start: u64) -> Result<Option<Log>> {
    if !mark(ground, log).await? {
        return Ok(None);
    }
    let lines = log.since(start);
    let place =
        |text: &str| lines.iter().find(|line| line.statement() == Some(text)).map(|line| line.position);
    Ok(Some(match (place(&first_canary()), place(&last_canary())) {
        (Some(begin), Some(end)) => {
            let inside = lines.iter().filter(|line| line.position > begin && line.position < end);
            Log { canaries: 2, between: inside.map(|line| line.message.clone()).collect() }
        }
        (begin, end) => {
            let canaries = usize::from(begin.is_some()) + usize::from(end.is_some());
            Log { canaries, between: Vec::new() }
        }
    }))
}

/// Has the server log a warning and waits for it: lines come in the order in which they were written, so that all that
/// was logged before is there then.
async fn mark(ground: &Ground<'_>, log: &ServerLog) -> Result<bool> {
    let start = log.position();
    let mark = format!("sor-gate mark {}", ground.fresh_run());
    ground.admin.script(&format!("DO $$ BEGIN RAISE WARNING '{mark}'; END $$"), &Values::new()).await?;
    Ok(log.wait_for(start, |line| line.severity == "WARNING" && line.message == mark, LAG).await.is_some())
}

/// An allowed call in the same log: how many statements the server's role is seen to make for it.
async fn control(ground: &Ground<'_>, client: &Client, log: Option<&ServerLog>) -> Result<Option<usize>> {
    let (Some(log), Some(call)) = (log, ground.mcp.calls.first()) else { return Ok(None) };
    let (run, start) = (ground.fresh_run(), log.position());
    if ground.before(client, call, &run).await?.is_some() {
        return Ok(None);
    }
    client.call(&call.tool, ground.arguments(call, &run)?).await;
    let by_server = |line: &LogLine| line.user == ground.role && line.statement().is_some();
    mark(ground, log).await?;
    Ok(Some(log.since(start).iter().filter(|line| by_server(line)).count()))
}

/// Names that a careless comparison takes for an allowed tool, or for `drop_table`; with the allowed tool.
fn look_alikes(allow: &[String]) -> Vec<(String, Option<String>)> {
    let mut names = Vec::new();
    for tool in std::iter::once(TOOL).chain(allow.iter().map(String::as_str)) {
        let allowed = allow.iter().find(|one| *one == tool);
        for alike in [
            tool.to_uppercase(),
            format!(" {tool}"),
            format!("{tool}\n"),
            format!("{tool}\u{200b}"),
            homoglyph(tool),
            format!("{tool}/{TOOL}"),
        ] {
            names.push((alike, allowed.cloned()));
        }
    }
    names.extend([(format!("tools/{TOOL}"), None), (String::new(), None)]);
    names.retain(|(name, _)| !allow.contains(name));
    names
}

/// The first letter that has one replaced by its Cyrillic look-alike (Unicode TR 39).
fn homoglyph(name: &str) -> String {
    const PAIRS: [(char, char); 6] = [('a', 'а'), ('e', 'е'), ('o', 'о'), ('p', 'р'), ('c', 'с'), ('i', 'і')];
    let mut changed = false;
    name.chars()
        .map(|letter| match PAIRS.iter().find(|(latin, _)| *latin == letter) {
            Some((_, alike)) if !changed => {
                changed = true;
                *alike
            }
            _ => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_never_the_tool_itself() {
        let allow = vec!["read_ledger".to_owned(), "drop_table/drop_table".to_owned()];
        let names = look_alikes(&allow);
        let has = |wanted: &str| names.iter().any(|(name, _)| name == wanted);
        assert!(names.iter().all(|(name, _)| !allow.contains(name)));
        assert!(has("READ_LEDGER") && has("rеad_ledger") && !has("drop_table/drop_table"));
    }

    #[test]
    fn canaries_are_told_apart() {
        assert_ne!(first_canary(), last_canary());
    }
}
