//! The wire proxy: it stands between a program and Postgres, numbers every message and lets faults happen there.
//!
//! It speaks version 3 of the protocol (PostgreSQL manual, chapter "Frontend/Backend Protocol") as far as
//! needed to find the messages' boundaries; what it has no need to read it streams through.

mod connection;
mod endpoint;
mod frame;
mod kept;
mod meet;
mod message;
mod plan;
mod shared;
mod startup;
mod tracker;

pub use endpoint::Listen;
pub use message::{Direction, Point, WireMessage};
pub use plan::{Rewrite, Trigger, WirePlan, WireRule, WireToxic};
pub use tracker::{Statement, StatementKind};

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, JoinSet};

use super::FaultEvent;
use super::sweep::Conversation;
use crate::error::{Error, Result};
use crate::postgres::ConnectInfo;
use endpoint::Listener;
use shared::Shared;

/// A running proxy. Dropping it closes its socket and cuts every connection through it.
#[derive(Debug)]
pub struct WireProxy {
    info: ConnectInfo,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl WireProxy {
    /// Listens, and passes each connection on to `upstream` under the plan.
    ///
    /// It reads along, so it offers no TLS and speaks none to the upstream.
    /// Errors when the socket cannot be made. An upstream that is down shows as connections that close at once.
    pub async fn start(upstream: &ConnectInfo, listen: Listen, plan: WirePlan) -> Result<Self> {
        let listener = Listener::open(listen, upstream.port)
            .await
            .map_err(|error| Error::environment(format!("no socket for the wire proxy: {error}")))?;
        let info = listener.before(upstream);
        let shared = Arc::new(Shared::new(plan));
        let task = tokio::spawn(attend(listener, Arc::new(upstream.clone()), Arc::clone(&shared)));
        Ok(Self { info, shared, task })
    }

    /// How the program under test reaches the server through it: same role, password and database.
    pub fn connect_info(&self) -> &ConnectInfo {
        &self.info
    }

    /// How many messages came by so far: both directions, all connections, the start-up included.
    ///
    /// Boundary `k` lies before message `k`, counted from 1. With a single connection the order is the same
    /// in every run of the same conversation: a message behind a Sync or a Query waits for its ReadyForQuery.
    pub fn boundaries(&self) -> u64 {
        self.shared.boundaries()
    }

    /// The messages by number, the first 100,000 of them.
    pub fn points(&self) -> Vec<Point> {
        self.shared.points()
    }

    /// Every statement that was passed on, with what the server answered.
    pub fn statements(&self) -> Vec<Statement> {
        self.shared.statements()
    }

    /// What was said so far: the messages by number and the statements.
    pub fn conversation(&self) -> Conversation {
        Conversation { points: self.points(), statements: self.statements() }
    }

    /// The faults that fired so far.
    pub fn events(&self) -> Vec<FaultEvent> {
        self.shared.events()
    }

    /// The process ids of the backends that served a connection through it.
    pub fn backends(&self) -> BTreeSet<i32> {
        self.shared.backends()
    }

    /// How many statement texts were rewritten so far: the proof that a rewrite took hold.
    pub fn rewritten(&self) -> u64 {
        self.shared.rewritten()
    }

    /// Replaces the plan; numbering goes on, so a boundary of the new plan counts from the proxy's start.
    pub fn set_plan(&self, plan: WirePlan) {
        self.shared.set_plan(plan);
    }

    /// Lets every message that is held at this moment go on its way.
    pub fn release(&self) {
        self.shared.release();
    }

    /// Cuts every connection that is open at this moment; later ones are served.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Waits until a rule of the present plan has fired, and returns the latest event.
    pub async fn wait_fired(&self, deadline: Duration) -> Result<FaultEvent> {
        tokio::time::timeout(deadline, self.shared.fired()).await.map_err(|_| {
            let passed = self.boundaries();
            Error::harness(format!("no fault fired within {deadline:?}; {passed} messages came by"))
                .at(self.info.redacted())
                .fix("see that the program connects through the proxy and gets as far as the trigger")
        })
    }

    /// Resolves once messages have come by and then none for `span`, or `most` have come by since its start.
    pub async fn settled(&self, span: Duration, most: u64) {
        const PAUSE: Duration = Duration::from_millis(5);
        let (mut seen, mut since) = (0, Instant::now());
        while seen < most && (seen == 0 || since.elapsed() < span) {
            tokio::time::sleep(PAUSE).await;
            let now = self.boundaries();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }

    /// Resolves once so many messages have been held since its start, whatever the plan.
    pub async fn held(&self, messages: usize) {
        self.shared.held(messages).await;
    }

    /// How many messages have been held since its start.
    pub fn holds(&self) -> usize {
        self.shared.holds()
    }
}

impl Drop for WireProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn attend(listener: Listener, upstream: Arc<ConnectInfo>, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept concerns that client alone.
                if let Ok(client) = accepted {
                    number += 1;
                    connections.spawn(connection::serve(number, client, Arc::clone(&upstream), Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
            () = shared.next_cut() => connections.shutdown().await,
        }
    }
}
