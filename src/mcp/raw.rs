//! Raw messages to and from a server: for what no proper client would send.

use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;

use super::http::Posting;
use crate::error::{Error, Result};
use crate::process::{ChildStdin, Process, Scope, Signal};
use crate::worker::WorkerCommand;

/// The longest line or answer that is read, in bytes.
pub(super) const LONGEST: u64 = 64 << 20;
/// A version of the protocol that servers in use know.
pub(super) const PROTOCOL: &str = "2025-06-18";

/// A server fed by hand. Dropping it kills the server.
pub struct Raw {
    process: Process,
    wire: Wire,
    seen: Vec<String>,
    next_id: u64,
    patience: Duration,
}

/// How the server is spoken to.
enum Wire {
    /// A message a line, over its standard input and output; no input once it is closed.
    Lines(Option<ChildStdin>, mpsc::UnboundedReceiver<String>),
    /// A message a request.
    Http(Posting),
}

/// What came back for a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The whole response.
    Response(Value),
    /// Nothing within the patience.
    Silence,
    /// The server's output or answer ended, or its input was closed.
    Closed,
}

impl Raw {
    /// Starts a server without a word to it.
    ///
    /// # Errors
    /// When it cannot be started, or does not come up.
    pub async fn start(scope: &Scope, command: &WorkerCommand, patience: Duration) -> Result<Self> {
        let (process, wire) = match &command.serves {
            Some(url) => (command.start_alone(scope).await?, Wire::Http(Posting::new(url, patience)?)),
            None => {
                let process = command.start_piped(scope).await?;
                let lines = lines(&process)?;
                let stdin = process.take_stdin();
                (process, Wire::Lines(stdin, lines))
            }
        };
        Ok(Self { process, wire, seen: Vec::new(), next_id: 1, patience })
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Whether it speaks HTTP.
    pub fn over_http(&self) -> bool {
        matches!(self.wire, Wire::Http(_))
    }

    /// Every message that the server wrote so far and that was looked at.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Initialises a session.
    pub async fn initialize(&mut self) -> Reply {
        let params = json!({
            "protocolVersion": PROTOCOL, "capabilities": {},
            "clientInfo": { "name": "sor-gate", "version": env!("CARGO_PKG_VERSION") },
        });
        let reply = self.request("initialize", params).await;
        if matches!(reply, Reply::Response(_)) {
            let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            self.send(done.to_string().as_bytes()).await;
        }
        reply
    }

    /// Sends bytes as one message; `false` when the server no longer reads.
    pub async fn send(&mut self, frame: &[u8]) -> bool {
        match &mut self.wire {
            Wire::Http(posting) => posting.post(frame.to_vec(), &mut self.seen).await != Reply::Closed,
            Wire::Lines(None, _) => false,
            Wire::Lines(Some(stdin), _) => {
                let sending = async {
                    stdin.write_all(frame).await?;
                    stdin.write_all(b"\n").await?;
                    stdin.flush().await
                };
                matches!(tokio::time::timeout(self.patience, sending).await, Ok(Ok(())))
            }
        }
    }

    /// Sends bytes as they are, without ending the message; over HTTP on a connection of their own.
    pub async fn scrawl(&mut self, bytes: &[u8]) -> bool {
        match &mut self.wire {
            Wire::Http(posting) => posting.scrawl(bytes).await,
            Wire::Lines(None, _) => false,
            Wire::Lines(Some(stdin), _) => {
                stdin.write_all(bytes).await.is_ok() && stdin.flush().await.is_ok()
            }
        }
    }

    /// Sends a request under a fresh id and waits for its response.
    pub async fn request(&mut self, method: &str, params: Value) -> Reply {
        let id = self.next_id;
        self.next_id += 1;
        let frame = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let frame = frame.to_string().into_bytes();
        if let Wire::Http(posting) = &mut self.wire {
            return posting.post(frame, &mut self.seen).await;
        }
        if self.send(&frame).await { self.reply(id).await } else { Reply::Closed }
    }

    async fn reply(&mut self, id: u64) -> Reply {
        let seen = &mut self.seen;
        let Wire::Lines(_, lines) = &mut self.wire else { return Reply::Closed };
        let search = async {
            while let Some(line) = lines.recv().await {
                let response = serde_json::from_str::<Value>(&line).ok();
                seen.push(line);
                let fits =
                    |value: &Value| value.get("id") == Some(&json!(id)) && value.get("method").is_none();
                if let Some(response) = response.filter(fits) {
                    return Reply::Response(response);
                }
            }
            Reply::Closed
        };
        tokio::time::timeout(self.patience, search).await.unwrap_or(Reply::Silence)
    }

    /// Closes the server's input, or tells one over HTTP to stop by `signal`, and waits for its end; `None` when it still runs at the
    /// deadline.
    ///
    /// # Errors
    /// When the system cannot tell how it ended.
    pub async fn hang_up(&mut self, signal: Signal, deadline: Duration) -> Result<Option<ExitStatus>> {
        match &mut self.wire {
            Wire::Lines(stdin, _) => drop(stdin.take()),
            Wire::Http(_) => self.process.signal(signal)?,
        }
        let ended = self.process.wait_exit(deadline).await?;
        if let Wire::Lines(_, lines) = &mut self.wire {
            while let Ok(line) = lines.try_recv() {
                self.seen.push(line);
            }
        }
        Ok(ended)
    }
}

/// What the server writes, a line each.
fn lines(process: &Process) -> Result<mpsc::UnboundedReceiver<String>> {
    let output = process.take_stdout().ok_or_else(|| Error::harness("a piped server has no pipes"))?;
    let (forward, lines) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while let Ok(1..) = (&mut output).take(LONGEST).read_until(b'\n', &mut line).await {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if !text.is_empty() && forward.send(text).is_err() {
                break;
            }
        }
    });
    Ok(lines)
}
