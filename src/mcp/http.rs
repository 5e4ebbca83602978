//! Messages to and from a server over streamable HTTP, by hand (MCP specification, Transports).

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::raw::{LONGEST, PROTOCOL, Reply};
use crate::error::{Error, Result};

const SESSION: &str = "mcp-session-id";

/// A client that asks no proxy and follows nowhere.
///
/// # Errors
/// When it cannot be made.
pub(super) fn client() -> Result<Client> {
    let built = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    built.map_err(|error| Error::environment(format!("no HTTP client to be had: {error}")))
}

/// The posting side of a session.
pub(super) struct Posting {
    client: Client,
    url: String,
    session: Option<String>,
    patience: Duration,
}

impl Posting {
    pub(super) fn new(url: &str, patience: Duration) -> Result<Self> {
        Ok(Self { client: client()?, url: url.to_owned(), session: None, patience })
    }

    /// Posts a body and reads the answer up to the response to it; every message goes to `seen`.
    pub(super) async fn post(&mut self, body: Vec<u8>, seen: &mut Vec<String>) -> Reply {
        let mut request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", PROTOCOL);
        if let Some(session) = &self.session {
            request = request.header(SESSION, session);
        }
        let exchange = async {
            let Ok(response) = request.body(body).send().await else { return Reply::Closed };
            let session = response.headers().get(SESSION).and_then(|value| value.to_str().ok());
            self.session = session.map(str::to_owned).or(self.session.take());
            answer(response, seen).await
        };
        tokio::time::timeout(self.patience, exchange).await.unwrap_or(Reply::Silence)
    }

    /// Writes bytes as they are on a connection of their own; `false` when nobody takes it.
    pub(super) async fn scrawl(&self, bytes: &[u8]) -> bool {
        let Ok(url) = reqwest::Url::parse(&self.url) else { return false };
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        let Ok(mut stream) = TcpStream::connect((host, port)).await else { return false };
        stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
    }
}

/// The response among the messages of an answer. A refusal by status alone is an error with that code.
async fn answer(mut response: Response, seen: &mut Vec<String>) -> Reply {
    let status = response.status();
    let of_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let events = of_type.is_some_and(|kind| kind.starts_with("text/event-stream"));
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        let Ok(Some(chunk)) = chunk else { break };
        body.extend_from_slice(&chunk);
        while let Some(end) = body.iter().position(|byte| *byte == b'\n').filter(|_| events) {
            let line: Vec<u8> = body.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).into_owned();
            let Some(data) = line.strip_prefix("data:") else { continue };
            seen.push(data.trim().to_owned());
            if let Some(response) = response_in(data) {
                return Reply::Response(response);
            }
        }
        if body.len() as u64 > LONGEST {
            break;
        }
    }
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    let response = response_in(&text);
    if !text.is_empty() {
        seen.push(text);
    }
    match response {
        Some(response) => Reply::Response(response),
        None if status.is_client_error() => {
            Reply::Response(json!({ "error": { "code": status.as_u16(), "message": status.to_string() } }))
        }
        None => Reply::Closed,
    }
}

fn response_in(text: &str) -> Option<Value> {
    let message: Value = serde_json::from_str(text).ok()?;
    (message.get("result").is_some() || message.get("error").is_some()).then_some(message)
}
