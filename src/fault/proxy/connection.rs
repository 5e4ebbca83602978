//! One connection through the proxy: both directions, and what the plan does to them.

use std::borrow::Cow;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::Notify;

use super::endpoint::{self, Socket};
use super::frame::{self, Frame, Pipe};
use super::kept::Kept;
use super::meet::{Step, meet};
use super::message::{CANCEL, Direction, STARTUP, WireMessage};
use super::plan::WireToxic;
use super::shared::{Admitted, RuleId, Shared};
use super::startup::{Hello, hello};
use super::tracker::{Text, Tracker};
use crate::fault::FaultKind;
use crate::postgres::ConnectInfo;

type Half = Pipe<ReadHalf<Box<dyn Socket>>, WriteHalf<Box<dyn Socket>>>;

/// What both directions of a connection know.
struct Talk {
    connection: u32,
    shared: Arc<Shared>,
    state: Mutex<TalkState>,
    turned: Notify,
}

struct TalkState {
    tracker: Tracker,
    /// A Query, Sync or FunctionCall is out, and its ReadyForQuery is not back. What the client has
    /// sent beyond it waits, as it would in the server's own buffer: that makes the numbering repeatable.
    waiting: bool,
    /// The client is sending COPY data; the server ignores Sync meanwhile.
    copying: bool,
    /// Replies are kept back, because the reply to this message is to be lost.
    losing: Option<(RuleId, String)>,
}

/// Why a direction ended.
enum End {
    Eof,
    Cut,
}

/// Serves one client. Returning drops both sockets; an error of one socket ends this connection only.
pub(super) async fn serve(
    connection: u32,
    mut client: Box<dyn Socket>,
    upstream: Arc<ConnectInfo>,
    shared: Arc<Shared>,
) {
    let Ok(first) = hello(client.as_mut()).await else { return };
    let Ok(mut server) = endpoint::connect(&upstream).await else { return };
    let (tag, packet) = match &first {
        Hello::Session(packet) => (STARTUP, packet),
        Hello::Cancel(packet) => (CANCEL, packet),
    };
    let message = WireMessage {
        connection,
        direction: Direction::ToServer,
        tag,
        sql: None,
        completed: None,
        sqlstate: None,
    };
    let admitted = shared.admit(&message).await;
    let step = meet(&shared, admitted, &message).await;
    if matches!(step, Step::Cut) || server.write_all(packet).await.is_err() || server.flush().await.is_err() {
        return;
    }
    if let Step::PassThenCut(detail) = step {
        return shared.happened(FaultKind::CutAfter, detail);
    }
    if tag == CANCEL {
        // The server closes once it has passed the cancel on; only then may the client go on.
        let _ = server.read(&mut [0]).await;
        return;
    }
    let state = TalkState { tracker: Tracker::new(connection), waiting: false, copying: false, losing: None };
    let talk = Talk { connection, shared, state: Mutex::new(state), turned: Notify::new() };
    let (client_read, client_write) = tokio::io::split(client);
    let (server_read, server_write) = tokio::io::split(server);
    let up = talk.to_server(Pipe::new(client_read, server_write));
    let down = talk.to_client(Pipe::new(server_read, client_write));
    tokio::pin!(up, down);
    tokio::select! {
        ended = &mut up => {
            // The client has said its last word; the server may still have something to say.
            if let Ok(End::Eof) = ended {
                let _ = down.await;
            }
        }
        _ = &mut down => {}
    }
}

impl Talk {
    fn state(&self) -> MutexGuard<'_, TalkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn to_server(&self, mut pipe: Half) -> io::Result<End> {
        while let Some(mut frame) = pipe.next(frame::of_client).await? {
            let tag = frame.tag;
            while self.state().waiting {
                pipe.flush().await?;
                self.turned.notified().await;
            }
            let (text, rewrites) = self.read_text(&mut frame);
            let sql = text.as_ref().map(|text| text.sql.as_ref());
            let message = WireMessage {
                connection: self.connection,
                direction: Direction::ToServer,
                tag,
                sql,
                completed: None,
                sqlstate: None,
            };
            let admitted = self.shared.admit(&message).await;
            let number = admitted.number;
            let step = self.meet(&mut pipe, admitted, &message).await?;
            if matches!(step, Step::Cut) {
                return Ok(End::Cut);
            }
            {
                let mut state = self.state();
                let tracker = &mut state.tracker;
                self.shared.log(|log| tracker.sent(log, number, tag, &frame.head, text.as_ref()));
                match tag {
                    b'Q' | b'F' => state.waiting = true,
                    b'S' => state.waiting = !state.copying,
                    b'c' | b'f' => state.copying = false,
                    _ => {}
                }
            }
            if let Some(Text { sql, rewritten: Some(new) }) = &text
                && !rewrites.is_empty()
            {
                self.shared.passed_rewritten(number, &rewrites, sql, new);
            }
            pipe.pass(&frame).await?;
            if let Step::PassThenCut(detail) = step {
                pipe.flush().await?;
                self.shared.happened(FaultKind::CutAfter, detail);
                return Ok(End::Cut);
            }
        }
        pipe.end().await?;
        Ok(End::Eof)
    }

    /// The statement that a message is about. A Query or Parse that a rewrite covers gets its new text.
    fn read_text(&self, frame: &mut Frame) -> (Option<Text>, Vec<String>) {
        let Some(bytes) = frame::text(frame.tag, &frame.head) else {
            return (self.state().tracker.meant(frame.tag, &frame.head), Vec::new());
        };
        let sql = String::from_utf8_lossy(bytes);
        // In another encoding, or with its end missing, a text cannot be put back together.
        let rewritten = match &sql {
            Cow::Borrowed(sql) if frame.whole() => self.shared.rewrite(sql),
            _ => None,
        };
        let mut text = Text { sql: sql.into(), rewritten: None };
        let Some((new, names)) = rewritten else { return (Some(text), Vec::new()) };
        match frame::with_text(frame.tag, &frame.head, &new) {
            Some(head) => {
                frame.head = head;
                text.rewritten = Some(new.into());
                (Some(text), names)
            }
            None => (Some(text), Vec::new()),
        }
    }

    async fn to_client(&self, mut pipe: Half) -> io::Result<End> {
        let mut kept = Kept::default();
        while let Some(mut frame) = pipe.next(frame::of_server).await? {
            let tag = frame.tag;
            let completed = (tag == b'C').then(|| frame::cstr(&frame.head)).flatten();
            let completed = completed.map(|(text, _)| String::from_utf8_lossy(text).into_owned());
            let sqlstate = if tag == b'E' { frame::sqlstate(&frame.head) } else { None };
            if let (b'K', Some(pid)) = (tag, frame::pid(&frame.head)) {
                self.shared.serves(pid);
            }
            if let (b'D', Some(number)) = (tag, frame::number(&frame.head)) {
                let state = self.state();
                self.shared.log(|log| state.tracker.told(log, number));
            }
            let sql = self.state().tracker.answering();
            let message = WireMessage {
                connection: self.connection,
                direction: Direction::ToClient,
                tag,
                sql: sql.as_deref(),
                completed: completed.as_deref(),
                sqlstate: sqlstate.as_deref(),
            };
            let admitted = self.shared.admit(&message).await;
            let step = self.meet(&mut pipe, admitted, &message).await?;
            if matches!(step, Step::Cut) {
                return Ok(End::Cut);
            }
            let losing = {
                let mut state = self.state();
                let tracker = &mut state.tracker;
                self.shared.log(|log| tracker.answered(log, tag, message.completed, message.sqlstate));
                state.losing.clone()
            };
            match losing {
                None => pipe.pass(&frame).await?,
                Some((rule, asked)) => {
                    pipe.complete(&mut frame).await?;
                    kept.keep(&frame, &message);
                    if tag == b'Z' {
                        match kept.done() {
                            Ok(tag) => {
                                let detail =
                                    format!("{asked}; the server answered {tag} and was ready again");
                                self.shared.happened(FaultKind::ReplyLost, detail);
                                return Ok(End::Cut);
                            }
                            Err(bytes) => {
                                pipe.write(&bytes).await?;
                                self.state().losing = None;
                                self.shared.rearm(rule);
                            }
                        }
                    }
                }
            }
            if let Step::PassThenCut(detail) = step {
                pipe.flush().await?;
                self.shared.happened(FaultKind::CutAfter, detail);
                return Ok(End::Cut);
            }
            self.turn(tag);
        }
        pipe.end().await?;
        Ok(End::Eof)
    }

    /// Lets the client's next messages through once the server is ready for them.
    fn turn(&self, tag: u8) {
        let mut state = self.state();
        match tag {
            b'Z' => state.waiting = false,
            b'G' | b'W' => (state.waiting, state.copying) = (false, true),
            b'E' => state.copying = false,
            _ => return,
        }
        drop(state);
        self.turned.notify_one();
    }

    /// Lets the plan have its way with a message. Everything before it is on its way by then.
    async fn meet(&self, pipe: &mut Half, admitted: Admitted, message: &WireMessage<'_>) -> io::Result<Step> {
        if admitted.toxic.is_none() {
            return Ok(Step::Pass);
        }
        pipe.flush().await?;
        if let Some((rule, WireToxic::LoseReply)) = &admitted.toxic {
            self.state().losing = Some((*rule, message.describe(admitted.number)));
            return Ok(Step::Pass);
        }
        Ok(meet(&self.shared, admitted, message).await)
    }
}
