//! What no proper client sends: is it answered properly, does the server go on, does it keep its secrets?

use std::time::Duration;

use serde_json::{Map, Value, json};
use sor_gate::error::Result;
use sor_gate::mcp::{self, Raw, Reply};
use sor_gate::postgres::{ConnectInfo, Host, Secret};

use super::breaks;
use super::ground::Ground;
use super::judge::{Garbage, Sent};

/// How long a server may take to end after its input was closed.
const FAREWELL: Duration = Duration::from_secs(20);
/// The long argument, in bytes and in words, and what is long enough under a break that aims at another claim.
const LONG: (usize, &str) = (10_000_000, "10 MB");
const LONG_ENOUGH: (usize, &str) = (100_000, "100 kB");
/// The password of a database that is not there.
const SECRET: &str = "sor-gate-canary-password";

/// Feeds a server garbage, then hangs up on it in mid-line, then asks one whose database is not there.
pub async fn observe(ground: &Ground<'_>) -> Result<Garbage> {
    let (fed, orphaned) = tokio::try_join!(feed(ground), orphaned(ground))?;
    let (sent, mut lines, ended) = fed;
    lines.extend(orphaned.0);
    let leaks = leaks(&lines, &needles(ground));
    Ok(Garbage { sent, ended_after_hang_up: ended, answers: lines.len(), leaks, unreachable: orphaned.1 })
}

async fn feed(ground: &Ground<'_>) -> Result<(Vec<Sent>, Vec<String>, bool)> {
    let mut raw = Raw::start(&ground.cx.scope, &ground.server()?, ground.patience()).await?;
    let mut sent = Vec::new();
    raw.initialize().await;
    for (what, frame) in lines() {
        raw.send(&frame).await;
        sent.push(Sent { what, reply: None, only_large: false, serving: serving(&mut raw).await });
    }
    if raw.over_http() {
        for bytes in
            [&b"DROP TABLE students;\r\n\r\n"[..], b"POST /mcp HTTP/9.9\r\nContent-Length: -1\r\n\r\n"]
        {
            raw.scrawl(bytes).await;
            let what = String::from("bytes that are no HTTP");
            sent.push(Sent { what, reply: None, only_large: false, serving: serving(&mut raw).await });
        }
    }
    for Request { what, method, params, only_large } in requests(ground)? {
        let reply = Some(shorten(raw.request(method, params).await));
        sent.push(Sent { what, reply, only_large, serving: serving(&mut raw).await });
        // A server that is gone or has fallen silent is not waited for again and again.
        if sent.last().is_some_and(|last| !last.serving || last.reply == Some(Reply::Silence)) {
            break;
        }
    }
    let half: &[u8] = match raw.over_http() {
        true => b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n{\"jsonrpc\":",
        false => b"{\"jsonrpc\": \"2.0\", \"id\":",
    };
    raw.scrawl(half).await;
    let ended = raw.hang_up(ground.mcp.program.stop_signal.into(), FAREWELL).await?.is_some();
    Ok((sent, raw.seen().to_vec(), ended))
}

/// A server is serving when it lists its tools.
async fn serving(raw: &mut Raw) -> bool {
    matches!(raw.request("tools/list", json!({})).await, Reply::Response(reply) if reply["result"]["tools"].is_array())
}

/// The lines without an id that could be answered: an error, silence or a notification are all proper.
fn lines() -> Vec<(String, Vec<u8>)> {
    let deep = "[".repeat(20_000);
    let line = |what: &str, frame: &[u8]| (what.to_owned(), frame.to_vec());
    vec![
        line("half a message", b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\":"),
        line("no JSON", b"DROP TABLE students;"),
        line("bytes that are no UTF-8", b"\xff\xfe\x00{\"\xc3\x28\"}"),
        line("a number", b"42"),
        line("an empty batch", b"[]"),
        line("20,000 brackets", deep.as_bytes()),
        line("a request without a version", b"{\"method\": 7}"),
        line("a reply to nothing", b"{\"jsonrpc\": \"2.0\", \"id\": 999999, \"result\": {}}"),
    ]
}

/// What must be answered: with an error, unless it is only large.
struct Request {
    what: String,
    method: &'static str,
    params: Value,
    only_large: bool,
}

fn requests(ground: &Ground<'_>) -> Result<Vec<Request>> {
    let request =
        |what: &str, method, params| Request { what: what.into(), method, params, only_large: false };
    let mut all = vec![
        request("an unknown method", "sor_gate/nothing", json!({})),
        request("a call without a name", "tools/call", json!({})),
        request("a call named by a number", "tools/call", json!({ "name": 7, "arguments": {} })),
        request("a call whose parameters are a text", "tools/call", json!("tools")),
    ];
    for tool in &ground.mcp.allow {
        let Some(call) = ground.mcp.calls.iter().find(|call| call.tool == *tool) else { continue };
        let sample = ground.arguments(call, "garbage")?;
        let wrong: Map<String, Value> = sample.keys().map(|name| (name.clone(), json!([[null]]))).collect();
        let params = json!({ "name": tool, "arguments": wrong });
        all.push(request(&format!("{tool} with wrong types"), "tools/call", params));
    }
    let elsewhere = ground.cx.aims_elsewhere(breaks::ALL, "survives_garbage");
    let (length, told) = if elsewhere { LONG_ENOUGH } else { LONG };
    let long = ground.mcp.calls.iter().find_map(|call| {
        let sample = ground.arguments(call, "garbage").ok()?;
        let place = mcp::places(&sample, &Value::Null).into_iter().next()?;
        Some((call.tool.clone(), place.put(&sample, &"x".repeat(length))))
    });
    if let Some((tool, arguments)) = long {
        let params = json!({ "name": tool, "arguments": arguments });
        let what = format!("an argument of {told}");
        all.push(Request { only_large: true, ..request(&what, "tools/call", params) });
    }
    Ok(all)
}

/// A server with a URL that leads nowhere: what it says when a tool wants the database.
async fn orphaned(ground: &Ground<'_>) -> Result<(Vec<String>, bool)> {
    let nowhere = ConnectInfo {
        host: Host::Tcp("127.0.0.1".into()),
        port: 1,
        user: "sor_gate_canary".into(),
        password: Some(Secret::new(SECRET)),
        database: "nowhere".into(),
    };
    let program = &ground.mcp.program;
    if !["database_url", "database_dsn", "pg_password"].iter().any(|word| program.uses(word)) {
        return Ok((Vec::new(), false));
    }
    // A server that does not start without its database says so on standard error, and ends.
    let command = ground.server_at(&nowhere)?;
    let Ok(mut raw) = Raw::start(&ground.cx.scope, &command, ground.patience()).await else {
        return Ok((Vec::new(), true));
    };
    raw.initialize().await;
    for call in ground.mcp.calls.iter().filter(|call| call.before.is_empty()).take(1) {
        let arguments = ground.arguments(call, "garbage")?;
        raw.request("tools/call", json!({ "name": call.tool, "arguments": arguments })).await;
    }
    Ok((raw.seen().to_vec(), true))
}

/// What must not stand in an answer, and what to call it.
fn needles(ground: &Ground<'_>) -> Vec<(&'static str, String)> {
    let info = ground.cx.cluster.connect_info(ground.role, &ground.cx.cluster.database());
    let mut needles = vec![
        ("a connection string", "postgres://".to_owned()),
        ("a connection string", "postgresql://".to_owned()),
        ("a password", SECRET.to_owned()),
    ];
    needles.extend(info.password.as_ref().map(|secret| ("a password", secret.reveal().to_owned())));
    if let Host::Socket(folder) = &info.host {
        needles.push(("the server's socket", folder.display().to_string()));
    }
    needles
}

fn leaks(lines: &[String], needles: &[(&'static str, String)]) -> Vec<String> {
    let mut leaks: Vec<String> = Vec::new();
    for (what, needle) in needles {
        let count = lines.iter().filter(|line| line.contains(needle)).count();
        if count > 0 {
            leaks.push(format!("{what} in {count} answer(s)"));
        }
    }
    leaks
}

/// The reply without what makes it long.
fn shorten(reply: Reply) -> Reply {
    match reply {
        Reply::Response(response) => Reply::Response(json!({
            "error": response.get("error").map(|error| &error["code"]),
            "isError": response["result"]["isError"],
        })),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_any_answer() {
        let lines = ["{}".to_owned(), format!("cannot connect with {SECRET}")];
        let needles = [("a password", SECRET.to_owned()), ("a connection string", "postgres://".to_owned())];
        assert_eq!(leaks(&lines, &needles), ["a password in 1 answer(s)"]);
        assert!(leaks(&lines[..1], &needles).is_empty());
    }
}
