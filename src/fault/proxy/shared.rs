//! What all connections of a proxy share: the numbering, the plan, the log and the events.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedMutexGuard, watch};

use super::message::{Point, WireMessage};
use super::plan::{WirePlan, WireToxic};
use super::tracker::Statement;
use crate::fault::{FaultEvent, FaultKind};

/// A bulk load through the proxy would otherwise keep a record of every row.
const POINTS_KEPT: u64 = 100_000;

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Held while a message is let in; a kill keeps it until the kill is done.
    gate: Arc<tokio::sync::Mutex<()>>,
    fired: watch::Sender<u64>,
    released: watch::Sender<u64>,
    /// Keeps a call until the proxy comes to it.
    cut: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: u64,
    points: Vec<Point>,
    statements: Vec<Statement>,
    plan: WirePlan,
    /// Tells the plans apart, so that a rule is not put back into a later plan.
    plan_number: u64,
    /// The latest fault of the present plan.
    latest: Option<FaultEvent>,
    events: Vec<FaultEvent>,
    rewritten: u64,
    backends: BTreeSet<i32>,
    /// Rewrites that have left their event.
    witnessed: Vec<String>,
}

/// A rule that a message set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RuleId {
    plan: u64,
    index: usize,
}

/// A message that has its number.
pub(super) struct Admitted {
    pub(super) number: u64,
    pub(super) toxic: Option<(RuleId, WireToxic)>,
    /// Kept for a kill: until it is dropped, no other message is admitted.
    pub(super) gate: Option<OwnedMutexGuard<()>>,
}

impl Shared {
    pub(super) fn new(plan: WirePlan) -> Self {
        Self {
            state: Mutex::new(State { plan, ..State::default() }),
            gate: Arc::default(),
            fired: watch::Sender::new(0),
            released: watch::Sender::new(0),
            cut: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn boundaries(&self) -> u64 {
        self.state().messages
    }

    pub(super) fn points(&self) -> Vec<Point> {
        self.state().points.clone()
    }

    pub(super) fn statements(&self) -> Vec<Statement> {
        self.state().statements.clone()
    }

    pub(super) fn events(&self) -> Vec<FaultEvent> {
        self.state().events.clone()
    }

    pub(super) fn backends(&self) -> BTreeSet<i32> {
        self.state().backends.clone()
    }

    /// A backend has told its process id.
    pub(super) fn serves(&self, pid: i32) {
        self.state().backends.insert(pid);
    }

    pub(super) fn rewritten(&self) -> u64 {
        self.state().rewritten
    }

    pub(super) fn set_plan(&self, plan: WirePlan) {
        let mut state = self.state();
        state.plan = plan;
        state.plan_number += 1;
        state.latest = None;
    }

    /// Numbers a message and asks the plan about it.
    pub(super) async fn admit(&self, message: &WireMessage<'_>) -> Admitted {
        let gate = Arc::clone(&self.gate).lock_owned().await;
        let mut state = self.state();
        state.messages += 1;
        let number = state.messages;
        if number <= POINTS_KEPT {
            let WireMessage { connection, direction, tag, .. } = *message;
            state.points.push(Point { number, connection, direction, tag });
        }
        let plan = state.plan_number;
        let toxic = state.plan.strike(number, message).map(|(index, toxic)| (RuleId { plan, index }, toxic));
        let kills = matches!(toxic, Some((_, WireToxic::Kill(_))));
        Admitted { number, toxic, gate: kills.then_some(gate) }
    }

    /// Writes in the log of statements.
    pub(super) fn log<T>(&self, write: impl FnOnce(&mut Vec<Statement>) -> T) -> T {
        write(&mut self.state().statements)
    }

    /// A fault has happened.
    pub(super) fn happened(&self, kind: FaultKind, detail: String) {
        let event = FaultEvent::now(kind, detail);
        {
            let mut state = self.state();
            state.events.push(event.clone());
            state.latest = Some(event);
        }
        self.fired.send_modify(|count| *count += 1);
    }

    /// A rule's fault did not come about: it may fire again.
    pub(super) fn rearm(&self, rule: RuleId) {
        let mut state = self.state();
        if state.plan_number == rule.plan
            && let Some(rule) = state.plan.rules.get_mut(rule.index)
        {
            rule.spent = false;
        }
    }

    /// The text as it is to reach the server, and the names of the rewrites that changed it.
    pub(super) fn rewrite(&self, sql: &str) -> Option<(String, Vec<String>)> {
        let state = self.state();
        let (text, names) = state.plan.rewritten(sql)?;
        Some((text, names.into_iter().map(str::to_owned).collect()))
    }

    /// A rewritten statement was passed on; the first of each rewrite leaves an event.
    pub(super) fn passed_rewritten(&self, number: u64, names: &[String], before: &str, after: &str) {
        let mut state = self.state();
        state.rewritten += 1;
        for name in names {
            if !state.witnessed.contains(name) {
                state.witnessed.push(name.clone());
                let detail = format!("{name}: first at message {number}, `{before}` became `{after}`");
                state.events.push(FaultEvent::now(FaultKind::Rewrite, detail));
            }
        }
    }

    /// The latest fault of the present plan, once there is one.
    pub(super) async fn fired(&self) -> FaultEvent {
        let mut fired = self.fired.subscribe();
        loop {
            if let Some(event) = self.state().latest.clone() {
                return event;
            }
            // The sender lives in `self`, so it cannot be gone.
            let _ = fired.changed().await;
        }
    }

    /// Resolves once so many messages have been held since the start, whatever the plan.
    pub(super) async fn held(&self, messages: usize) {
        let mut fired = self.fired.subscribe();
        while self.holds() < messages {
            let _ = fired.changed().await;
        }
    }

    /// How many messages have been held since the start.
    pub(super) fn holds(&self) -> usize {
        self.state().events.iter().filter(|event| event.kind == FaultKind::Hold).count()
    }

    pub(super) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Resolves once for each call of [`Shared::cut`].
    pub(super) async fn next_cut(&self) {
        self.cut.notified().await;
    }

    pub(super) fn release(&self) {
        self.released.send_modify(|count| *count += 1);
    }

    /// Resolves at the next release after this call, not after the first poll.
    pub(super) fn next_release(&self) -> impl Future<Output = ()> + use<> {
        let mut released = self.released.subscribe();
        async move {
            let _ = released.changed().await;
        }
    }
}
