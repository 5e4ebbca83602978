//! A process's output as lines: always drained, bounded in memory, awaitable.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

/// The lines of one output. Cheap to clone; all clones see the same lines.
///
/// The oldest lines are forgotten once `limit` bytes are exceeded, and a line longer than `longest` is cut there, so a
/// process that prints without end costs no more than that.
#[derive(Debug, Clone)]
pub struct Lines {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    limit: usize,
    longest: usize,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    first: u64,
    bytes: usize,
    partial: Vec<u8>,
    closed: bool,
}

/// How waiting for a line ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// The line came.
    Line(String),
    /// The output ended without it.
    Closed,
    /// The deadline passed without it.
    Deadline,
}

impl Lines {
    /// `limit` bytes kept in all, lines cut at `longest` bytes.
    pub fn bounded(limit: usize, longest: usize) -> Self {
        let (changed, _) = watch::channel(());
        Self { shared: Arc::new(Shared { state: Mutex::default(), changed, limit, longest }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The position behind the newest complete line.
    pub fn position(&self) -> u64 {
        let state = self.state();
        state.first + state.lines.len() as u64
    }

    /// The position of the oldest line still kept; anything before it has been forgotten.
    pub fn first(&self) -> u64 {
        self.state().first
    }

    /// The lines at and after a position that are still kept, each with its position.
    pub fn since(&self, position: u64) -> Vec<(u64, String)> {
        let state = self.state();
        let skip = position.saturating_sub(state.first) as usize;
        (state.first..).zip(&state.lines).skip(skip).map(|(at, line)| (at, line.clone())).collect()
    }

    /// The newest `n` lines, oldest first.
    pub fn last(&self, n: usize) -> Vec<String> {
        let state = self.state();
        state.lines.iter().skip(state.lines.len().saturating_sub(n)).cloned().collect()
    }

    /// Whether the output has ended.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Tells of each change from now on; to be taken before looking, so that no change is missed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    /// Waits for a line at or after `position` that fits.
    pub async fn wait_for(&self, position: u64, fits: impl Fn(&str) -> bool, deadline: Duration) -> Waited {
        let search = async {
            let mut changes = self.changes();
            let mut next = position;
            loop {
                let closed = self.is_closed();
                for (at, line) in self.since(next) {
                    if fits(&line) {
                        return Waited::Line(line);
                    }
                    next = at + 1;
                }
                if closed || changes.changed().await.is_err() {
                    return Waited::Closed;
                }
            }
        };
        tokio::time::timeout(deadline, search).await.unwrap_or(Waited::Deadline)
    }

    /// Waits until the output has ended, or the deadline.
    pub async fn closed(&self, deadline: Duration) {
        let mut changes = self.changes();
        let ended = async { while !self.is_closed() && changes.changed().await.is_ok() {} };
        let _ = tokio::time::timeout(deadline, ended).await;
    }

    /// Takes lines again after an end: the next process writes here.
    pub(crate) fn reopen(&self) {
        self.state().closed = false;
    }

    /// Reads an output to its end.
    pub(crate) async fn drain(self, mut output: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = output.read(&mut chunk).await {
            self.push(&chunk[..n]);
        }
        self.close();
    }

    pub(crate) fn push(&self, chunk: &[u8]) {
        let mut state = self.state();
        let mut pieces = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            let room = self.shared.longest.saturating_sub(state.partial.len());
            state.partial.extend_from_slice(&piece[..piece.len().min(room)]);
            if pieces.peek().is_some() {
                state.finish_line(self.shared.limit);
            }
        }
        drop(state);
        self.shared.changed.send_replace(());
    }

    pub(crate) fn close(&self) {
        let mut state = self.state();
        if !state.partial.is_empty() {
            state.finish_line(self.shared.limit);
        }
        state.closed = true;
        drop(state);
        self.shared.changed.send_replace(());
    }
}

impl State {
    fn finish_line(&mut self, limit: usize) {
        let line = String::from_utf8_lossy(&self.partial).trim_end_matches('\r').to_owned();
        self.partial.clear();
        self.bytes += line.len() + size_of::<String>();
        self.lines.push_back(line);
        while self.bytes > limit && self.lines.len() > 1 {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len() + size_of::<String>();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_across_chunks_and_kept_with_positions() {
        let lines = Lines::bounded(1 << 20, 1 << 10);
        lines.push(b"one\ntw");
        assert_eq!(lines.position(), 1);
        lines.push(b"o\r\nthree");
        lines.close();
        assert_eq!(lines.last(2), ["two", "three"]);
        assert_eq!(lines.since(2), [(2, "three".to_owned())]);
    }

    #[test]
    fn memory_is_bounded() {
        let lines = Lines::bounded(1000, 100);
        for _ in 0..1000 {
            lines.push(&[b'x'; 500]);
            lines.push(b"\n");
        }
        assert_eq!(lines.position(), 1000);
        assert!(lines.since(0).len() <= 10);
        assert!(lines.since(0).iter().all(|(at, line)| line.len() == 100 && *at >= lines.first()));
    }

    #[tokio::test]
    async fn waiting_ends_with_the_line_the_end_or_the_deadline() {
        let lines = Lines::bounded(1000, 100);
        let wait =
            |text: &'static str, ms| lines.wait_for(0, move |line| line == text, Duration::from_millis(ms));
        assert_eq!(wait("ready", 5).await, Waited::Deadline);
        let (found, ()) = tokio::join!(wait("ready", 5000), async { lines.push(b"ready\n") });
        assert_eq!(found, Waited::Line("ready".into()));
        let (ended, ()) = tokio::join!(wait("never", 5000), async { lines.close() });
        assert_eq!(ended, Waited::Closed);
    }
}
