//! SQL in every string argument of every tool.

use futures::stream::{self, StreamExt, TryStreamExt};
use sor_gate::catalog;
use sor_gate::error::Result;
use sor_gate::fault::sweep::some_of;
use sor_gate::mcp::{self, Answer, Client, Listed, Place};
use sor_gate::subject::ToolCall;
use sor_gate::template::Values;

use super::breaks;
use super::ground::{Ground, SIDE_EFFECT};
use super::judge::{Smuggling, Text};

/// How many calls are under way at once.
const AT_ONCE: usize = 8;

/// Ways out of the quotes in which careless SQL puts an argument, each ending in a comment.
fn payloads() -> [String; 8] {
    let run = format!("SELECT {SIDE_EFFECT}");
    [
        format!("'; {run}; --"),
        format!("'); {run}; --"),
        format!("' || {SIDE_EFFECT} || '"),
        format!("\"; {run}; --"),
        format!("$$; {run}; --"),
        format!("\\'; {run}; --"),
        format!("0; {run};"),
        run,
    ]
}

/// One call to be made.
struct Case<'a> {
    call: &'a ToolCall,
    place: Place,
    text: String,
}

/// Makes every call and looks what became of the texts.
pub async fn observe(ground: &Ground<'_>, client: &Client, tools: &[Listed]) -> Result<Smuggling> {
    let calls = &ground.mcp.calls;
    let unsampled: Vec<String> = ground
        .mcp
        .allow
        .iter()
        .filter(|tool| calls.iter().all(|call| call.tool != **tool))
        .cloned()
        .collect();
    if !unsampled.is_empty() {
        return Ok(Smuggling { unsampled, ..Smuggling::default() });
    }
    let control = control(ground).await?;
    let mut refused_samples = Vec::new();
    for call in calls {
        let run = ground.fresh_run();
        let first = ground.before(client, call, &run).await?;
        let answer = match first {
            Some(answer) => answer,
            None => client.call(&call.tool, ground.arguments(call, &run)?).await,
        };
        if !answer.accepted() {
            refused_samples.push(format!("{}: {answer}", call.tool));
        }
    }
    let cases = cases(ground, tools)?;
    let places = cases.len() / payloads().len();
    let sampled = ground.cx.aims_elsewhere(breaks::ALL, "no_smuggling");
    let cases = some_of(cases, sampled, ground.cx.seed);
    let reader = catalog::Reader::default();
    let (before, ran) = (reader.take(ground.admin.client()).await?, ground.ran().await?);
    let mut attempts = Vec::new();
    for case in &cases {
        attempts.push(attempt(ground, client, case));
    }
    let mut answered = stream::iter(attempts).buffer_unordered(AT_ONCE);
    let mut texts: Vec<Text> = Vec::new();
    while let Some(text) = answered.try_next().await? {
        texts.push(text);
        // A server that has fallen silent is not waited for again and again.
        if matches!(texts.last(), Some(Text { answer: Answer::Silence, .. })) {
            break;
        }
    }
    drop(answered);
    let after = reader.take(ground.admin.client()).await?;
    let ran = ground.ran().await? - ran;
    let stored = stored(ground, &texts).await?;
    let catalog = before.diff(&after);
    let changed = (!catalog.is_empty()).then(|| catalog.summary());
    Ok(Smuggling { unsampled, refused_samples, control, places, texts, stored, ran, changed })
}

/// The function runs when it is called, by the very role that the server uses, and that is seen after a rollback too.
async fn control(ground: &Ground<'_>) -> Result<i64> {
    let (before, none) = (ground.ran().await?, Values::new());
    let session = ground.cx.session(ground.role, "control").await?;
    session.must("BEGIN", &none).await?;
    session.attempt(&format!("SELECT {SIDE_EFFECT}"), &none).await?;
    session.must("ROLLBACK", &none).await?;
    Ok(ground.ran().await? - before)
}

fn cases<'a>(ground: &Ground<'a>, tools: &[Listed]) -> Result<Vec<Case<'a>>> {
    let mut cases = Vec::new();
    let data = |call: &&ToolCall| !ground.mcp.read_only.contains(&call.tool);
    for call in ground.mcp.calls.iter().filter(data) {
        let schema = tools.iter().find(|tool| tool.name == call.tool).map(|tool| tool.schema.clone());
        let sample = ground.arguments(call, "any")?;
        for place in mcp::places(&sample, &schema.unwrap_or_default()) {
            for payload in payloads() {
                let text = format!("{payload} /* {} */", cases.len());
                cases.push(Case { call, place: place.clone(), text });
            }
        }
    }
    Ok(cases)
}

async fn attempt(ground: &Ground<'_>, client: &Client, case: &Case<'_>) -> Result<Text> {
    let run = ground.fresh_run();
    let place = format!("{}.{}", case.call.tool, case.place.name());
    let told = |answer: Answer| Text { place, text: case.text.clone(), answer };
    if let Some(answer) = ground.before(client, case.call, &run).await? {
        return Ok(told(answer));
    }
    let arguments = case.place.put(&ground.arguments(case.call, &run)?, &case.text);
    Ok(told(client.call(&case.call.tool, arguments).await))
}

/// How many texts stand literally in some row of the tools' tables.
async fn stored(ground: &Ground<'_>, texts: &[Text]) -> Result<usize> {
    let mut images = String::new();
    for table in ground.mcp.needs.keys() {
        let sql = format!(
            "SELECT to_jsonb(t)::text AS image FROM {table} AS t WHERE strpos(to_jsonb(t)::text, 'side_effect') > 0"
        );
        images.push_str(&ground.admin.must(&sql, &Values::new()).await?.all("image")?.join("\n"));
    }
    let stands = |text: &&Text| {
        let quoted = serde_json::Value::String(text.text.clone()).to_string();
        images.contains(&quoted)
    };
    Ok(texts.iter().filter(stands).count())
}
