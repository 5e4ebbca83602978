//! The sink that a relay sends to: the harness's HTTP endpoint, or one of the subject's own behind the harness's port. Both
//! with scripted faults and a ledger.

mod door;
mod ledger;
mod plan;
mod serve;
mod theirs;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod theirs_tests;

pub use ledger::{Delivery, Ledger};
pub use plan::{Arrival, KeyFrom, Rule, SinkPlan, Toxic, When};
pub use theirs::Theirs;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::FaultEvent;
use crate::error::{Error, Result};

/// A running sink on 127.0.0.1; dropping it closes the port and every connection.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    door: door::Door,
}

/// What answers behind the harness's port.
#[derive(Debug)]
enum Behind {
    Ours(KeyFrom),
    Theirs(Theirs),
}

/// What the requests and the harness both see.
#[derive(Debug)]
struct Shared {
    behind: Behind,
    state: Mutex<State>,
    /// Bumped at every change of the state, so that a waiter looks again.
    changed: watch::Sender<u64>,
    /// Bumped by [`Sink::release`]; a held response waits for the next value.
    released: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    ledger: Ledger,
    plan: SinkPlan,
    events: Vec<FaultEvent>,
    held: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.send_modify(|generation| *generation += 1);
        result
    }
}

impl Sink {
    /// Opens the sink on a free port; it accepts everything until a plan says otherwise.
    ///
    /// # Errors
    /// Environment when there is no port.
    pub async fn start(key_from: KeyFrom) -> Result<Self> {
        Self::open(Behind::Ours(key_from)).await
    }

    /// Opens a port before a sink that is running; everything is passed on until a plan says otherwise. To which message
    /// a fault of a key is meant is told by the key's text among the bytes. No status can be answered for such a
    /// sink: [`Toxic::Status`] resets the connection instead.
    ///
    /// # Errors
    /// Environment when there is no port.
    pub async fn before(theirs: Theirs) -> Result<Self> {
        Self::open(Behind::Theirs(theirs)).await
    }

    async fn open(behind: Behind) -> Result<Self> {
        let shared = Arc::new(Shared {
            behind,
            state: Mutex::default(),
            changed: watch::Sender::new(0),
            released: watch::Sender::new(0),
        });
        let door = door::Door::open(Arc::clone(&shared)).await?;
        Ok(Self { address: door.address(), shared, door })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root URL, without a trailing slash. Every method and every path below it is taken.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the plan. Returns once it holds: a refused port is closed and was seen to refuse.
    ///
    /// Responses that are held stay held. Errors when the port cannot be closed or opened again.
    pub async fn set_plan(&self, plan: SinkPlan) -> Result<()> {
        let refuse = plan.refuses();
        self.shared.change(|state| state.plan = plan);
        self.door.set_open(!refuse).await
    }

    /// Everything that arrived so far, in order of arrival.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.ledger().deliveries().to_vec()
    }

    /// The ledger as it stands. That of a sink of the subject's own is its delivery file, behind what never reached it.
    pub fn ledger(&self) -> Ledger {
        let own = self.shared.state().ledger.clone();
        match &self.shared.behind {
            Behind::Ours(_) => own,
            Behind::Theirs(theirs) => theirs.ledger(&own),
        }
    }

    /// Whether it is the harness's own, which speaks HTTP.
    pub fn is_ours(&self) -> bool {
        matches!(self.shared.behind, Behind::Ours(_))
    }

    /// The faults that fired so far.
    pub fn events(&self) -> Vec<FaultEvent> {
        self.shared.state().events.clone()
    }

    /// Answers every response held at this moment.
    pub fn release(&self) {
        self.shared.released.send_modify(|generation| *generation += 1);
    }

    /// Waits until at least `n` deliveries arrived, whatever became of them.
    pub async fn wait_deliveries(&self, n: usize, deadline: Duration) -> Result<Vec<Delivery>> {
        self.wait(deadline, &format!("{n} deliveries"), |state| state.ledger.deliveries().len() >= n).await?;
        Ok(self.deliveries())
    }

    /// Waits until at least `n` responses are being held at once.
    pub async fn wait_held(&self, n: usize, deadline: Duration) -> Result<()> {
        self.wait(deadline, &format!("{n} held responses"), |state| state.held >= n).await
    }

    async fn wait(&self, deadline: Duration, wanted: &str, holds: impl Fn(&State) -> bool) -> Result<()> {
        let mut changed = self.shared.changed.subscribe();
        let waiting = changed.wait_for(|_| holds(&self.shared.state()));
        match tokio::time::timeout(deadline, waiting).await {
            Ok(_) => Ok(()),
            Err(_) => {
                let (arrived, held) = {
                    let state = self.shared.state();
                    (state.ledger.deliveries().len(), state.held)
                };
                Err(Error::harness(format!(
                    "waited {deadline:?} for {wanted}: {arrived} arrived, {held} held"
                ))
                .at(self.url())
                .fix("see the sender's own log: is it running, and does it send to this address?"))
            }
        }
    }
}
