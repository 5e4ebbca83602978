//! The man in the middle of a pair of pipes: a message a line.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader, Stdout};
use tokio::sync::Mutex;

use super::{Meddling, Shim};
use crate::process;

struct Lines {
    shim: Arc<Shim>,
    out: Mutex<Stdout>,
}

/// Starts the server and passes lines on until either side ends.
pub(super) async fn run(shim: Arc<Shim>, server: &[String]) -> std::io::Result<ExitCode> {
    let lines = Arc::new(Lines { shim, out: Mutex::new(tokio::io::stdout()) });
    let (program, args) = server.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut child = process::piped(program, args)?;
    let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Ok(ExitCode::FAILURE);
    };
    let upward = Arc::clone(&lines);
    let up = tokio::spawn(async move { upward.requests(to).await });
    let down = lines.responses(BufReader::new(from));
    tokio::pin!(down);
    tokio::select! {
        ended = up => match ended {
            // Its input ended: the server sees its own end too, and may still have something to say.
            Ok(Ok(true)) => { let _ = down.await; }
            _ => return Ok(ExitCode::FAILURE),
        },
        _ = &mut down => {}
    }
    child.wait().await?;
    Ok(ExitCode::SUCCESS)
}

impl Lines {
    /// Client to server; `false` when it is to end at once.
    async fn requests(&self, mut to: process::ChildStdin) -> std::io::Result<bool> {
        let mut input = BufReader::new(tokio::io::stdin());
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).await? > 0 {
            match serde_json::from_slice::<Value>(&line) {
                Err(_) if self.shim.meddling == Meddling::DiesOnGarbage => return Ok(false),
                Err(_) => to.write_all(&line).await?,
                Ok(mut message) => {
                    let looked = self.shim.request(&mut message).await;
                    for said in &looked.said {
                        self.say(said).await?;
                    }
                    if !looked.kept {
                        to.write_all(format!("{message}\n").as_bytes()).await?;
                    }
                }
            }
            to.flush().await?;
            line.clear();
        }
        Ok(true)
    }

    /// Server to client.
    async fn responses(&self, mut from: impl AsyncBufRead + Unpin) -> std::io::Result<()> {
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).await? > 0 {
            if let Ok(mut message) = serde_json::from_slice::<Value>(&line) {
                self.shim.response(&mut message);
                self.say(&message).await?;
            } else {
                let mut out = self.out.lock().await;
                out.write_all(&line).await?;
                out.flush().await?;
            }
            line.clear();
        }
        Ok(())
    }

    async fn say(&self, message: &Value) -> std::io::Result<()> {
        let mut out = self.out.lock().await;
        out.write_all(format!("{message}\n").as_bytes()).await?;
        out.flush().await
    }
}
