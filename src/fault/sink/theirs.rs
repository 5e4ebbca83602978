//! A sink of the subject's own behind the harness's port: whatever it speaks, the network before it can fail.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use regex::Regex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::plan::Arrival;
use super::{Delivery, Ledger, Shared, Toxic, serve};
use crate::fault::FaultEvent;

/// How much of a message without an answer is kept, in bytes.
const KEPT: usize = 1 << 20;

/// Where a sink of the subject's own listens, and what it leaves of each message that it takes.
#[derive(Debug, Clone)]
pub struct Theirs {
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The file to which it appends a line for each message that it takes.
    pub deliveries: PathBuf,
    /// What fits such a line, with the dedup key as the group `key`.
    pub pattern: Regex,
}

impl Theirs {
    /// What took nothing, as the harness saw it, and then what the sink took, by its own file.
    pub(super) fn ledger(&self, refused: &Ledger) -> Ledger {
        let mut ledger = refused.clone();
        // A line without its end is still being written. A file that is not there holds none.
        let text = std::fs::read(&self.deliveries).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let Some(fitting) = self.pattern.captures(line) else { continue };
            let key = fitting.name("key").map(|key| key.as_str().to_owned());
            ledger.enter(Delivery { body: line.into(), accepted: true, ..Delivery::of(key) });
        }
        ledger
    }
}

/// One conversation of the relay with the sink. What is sent since the last answer counts as one message.
struct Conversation {
    relay: TcpStream,
    sink: TcpStream,
    /// Sent by the relay since the last answer.
    sent: Vec<u8>,
    toxic: Option<Toxic>,
}

/// Passes everything on in both directions, until a fault strikes.
pub(super) async fn connection(relay: TcpStream, shared: Arc<Shared>, port: u16) {
    let Ok(sink) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    // Whoever of both goes away ends this conversation and nothing else.
    let _ = Conversation { relay, sink, sent: Vec::new(), toxic: None }.pass(&shared).await;
}

impl Conversation {
    async fn pass(mut self, shared: &Shared) -> io::Result<()> {
        let (mut said, mut answered, mut open) = (vec![0; 1 << 16], vec![0; 1 << 16], true);
        loop {
            tokio::select! {
                read = self.relay.read(&mut said), if open => match read? {
                    // It has said its last, and may still be answered.
                    0 => {
                        open = false;
                        self.sink.shutdown().await?;
                    }
                    many => {
                        self.strike(&said[..many], shared);
                        if !self.send(&said[..many]).await? {
                            return Ok(());
                        }
                    }
                },
                read = self.sink.read(&mut answered) => match read? {
                    0 => return Ok(()),
                    many => {
                        if !self.answer(&answered[..many], shared).await? {
                            return Ok(());
                        }
                    }
                },
            }
        }
    }

    /// Looks whether a fault meets this message. A sink that answers nothing leaves one message without an end: of that the
    /// newest part counts.
    fn strike(&mut self, bytes: &[u8], shared: &Shared) {
        let Self { sent, .. } = self;
        sent.drain(..sent.len().saturating_sub(KEPT));
        sent.extend_from_slice(bytes);
        if self.toxic.is_some() {
            return;
        }
        self.toxic = shared.change(|state| {
            let (toxic, key) = state.plan.strike_bytes(&Arrival { body: sent, ..Arrival::default() })?;
            let of = key.as_deref().map(|key| format!(" of {key}")).unwrap_or_default();
            let detail = format!("{toxic:?} met a message{of} on its way to the sink");
            state.events.push(FaultEvent::now(toxic.kind(), detail));
            if !toxic.accepts() {
                state.ledger.enter(Delivery { fault: Some(toxic.kind()), ..Delivery::of(key) });
            }
            Some(toxic)
        });
    }

    /// Sends the relay's bytes on; `false` when the conversation is over.
    async fn send(&mut self, bytes: &[u8]) -> io::Result<bool> {
        match self.toxic {
            // A status is a word of HTTP: to what the sink speaks, a reset is the nearest.
            Some(Toxic::Reset | Toxic::Status(_)) => self.relay.set_zero_linger().map(|()| false),
            Some(Toxic::Refused) => Ok(false),
            Some(Toxic::TimeOut) => Ok(true),
            Some(Toxic::Delay(late)) => {
                tokio::time::sleep(late).await;
                self.sink.write_all(bytes).await.map(|()| true)
            }
            Some(Toxic::AcceptThenDrop | Toxic::Hold) | None => {
                self.sink.write_all(bytes).await.map(|()| true)
            }
        }
    }

    /// Hands the sink's answer to the relay; `false` when the conversation is over.
    async fn answer(&mut self, bytes: &[u8], shared: &Shared) -> io::Result<bool> {
        self.sent.clear();
        match self.toxic.take() {
            Some(Toxic::AcceptThenDrop) => return Ok(false),
            Some(Toxic::Hold) => tokio::select! {
                () = serve::hold(shared) => {}
                gone = gone(&mut self.relay) => return gone.map(|()| false),
            },
            _ => {}
        }
        self.relay.write_all(bytes).await.map(|()| true)
    }
}

/// Waits until the other side has gone away. What it says meanwhile is left to be read.
async fn gone(stream: &mut TcpStream) -> io::Result<()> {
    let mut one = [0];
    loop {
        if stream.peek(&mut one).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}
