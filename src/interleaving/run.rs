//! Plays interleavings: one step at a time, a blocked session left alone until it is let go.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::history::{History, Performed, StepOutcome};
use super::monitor::{blockers, renew};
use super::orders::{count, orders};
use super::running::{Running, in_turn};
use super::script::{Actor, Interleavings};
use crate::error::{Error, Result};
use crate::recorder::Recorder;
use crate::session::Session;
use crate::template::Values;

/// Beyond this nobody waits for the end.
const MOST: u64 = 20_000;
/// Between two looks at a step that has not returned.
const PULSE: Duration = Duration::from_millis(1);

impl Interleavings {
    /// Plays every order of the steps, each on fresh ground. The histories come in the order of [`orders`].
    ///
    /// # Errors
    /// Usage when there are more than 20,000; harness errors when a connection is lost, a setup fails, or a step
    /// neither returns nor is blocked by another session until the deadline.
    pub async fn run(&self, recorder: &Recorder) -> Result<Vec<History>> {
        let lengths: Vec<usize> = self.actors.iter().map(|actor| actor.steps.len()).collect();
        match count(&lengths) {
            Some(count) if count <= MOST => self.play(&orders(&lengths), recorder).await,
            _ => {
                Err(Error::usage(format!("steps of lengths {lengths:?} have more than {MOST} interleavings"))
                    .fix("use fewer sessions or fewer steps"))
            }
        }
    }

    /// Plays the orders given; each names, per place, the actor whose next step it is.
    ///
    /// # Errors
    /// As [`Interleavings::run`], and usage for an order that is none of these actors' steps.
    pub async fn play(&self, wanted: &[Vec<usize>], recorder: &Recorder) -> Result<Vec<History>> {
        for order in wanted {
            let fits = |(at, actor): (usize, &Actor)| {
                order.iter().filter(|turn| **turn == at).count() == actor.steps.len()
            };
            if !self.actors.iter().enumerate().all(fits) || order.iter().any(|at| *at >= self.actors.len()) {
                return Err(Error::usage(format!("the order {order:?} does not take every step once")));
            }
        }
        let monitor = self.admin.connect("interleaving monitor").await?;
        let monitor = Session::new(monitor, "monitor", &self.admin.user, recorder.clone());
        let mut sessions = Vec::new();
        let mut pids = Vec::new();
        for actor in &self.actors {
            let client = actor.info.connect(&format!("interleaving {}", actor.name)).await?;
            let session = Session::new(client, &actor.name, &actor.info.user, recorder.clone()).repeating();
            pids.push(session.pid().await?);
            sessions.push(Arc::new(session));
        }
        let ground = Ground { script: self, monitor, sessions, pids, recorder };
        let mut histories = Vec::with_capacity(wanted.len());
        for order in wanted {
            histories.push(ground.play(order).await?);
        }
        Ok(histories)
    }
}

/// The connections, kept from one interleaving to the next.
struct Ground<'a> {
    script: &'a Interleavings,
    monitor: Session,
    sessions: Vec<Arc<Session>>,
    pids: Vec<i32>,
    recorder: &'a Recorder,
}

/// One interleaving under way.
struct Play<'a> {
    ground: &'a Ground<'a>,
    /// Per actor: its step in flight.
    running: Vec<Option<Running>>,
    begun: usize,
    done: Vec<Performed>,
}

impl Ground<'_> {
    async fn play(&self, order: &[usize]) -> Result<History> {
        let actors = &self.script.actors;
        let none = Values::new();
        if !self.script.setup.is_empty() {
            self.monitor.script(&self.script.setup, &none).await?;
        }
        for (session, actor) in self.sessions.iter().zip(actors) {
            if !actor.prelude.is_empty() {
                session.script(&actor.prelude, &none).await?;
            }
        }
        let running = actors.iter().map(|_| None).collect();
        let mut play = Play { ground: self, running, begun: 0, done: Vec::new() };
        play.all(order).await?;
        let done = std::mem::take(&mut play.done);
        for session in &self.sessions {
            renew(session).await?;
        }
        let observed = match &self.script.observe {
            Some(sql) => Some(self.monitor.must(sql, &none).await?.into()),
            None => None,
        };
        if !self.script.teardown.is_empty() {
            self.monitor.script(&self.script.teardown, &none).await?;
        }
        Ok(History { order: named(actors, order), steps: done, observed })
    }
}

fn named(actors: &[Actor], order: &[usize]) -> Vec<String> {
    let mut next = vec![0; actors.len()];
    let name = |at: &usize| {
        next[*at] += 1;
        format!("{}.{}", actors[*at].name, actors[*at].steps[next[*at] - 1].name)
    };
    order.iter().map(name).collect()
}

impl Play<'_> {
    async fn all(&mut self, order: &[usize]) -> Result<()> {
        let mut turns: VecDeque<usize> = order.iter().copied().collect();
        let mut next = vec![0; self.running.len()];
        loop {
            // The first step in the order whose session is free; those of blocked sessions wait their turn.
            let free = turns.iter().position(|actor| self.running[*actor].is_none());
            match free.and_then(|place| turns.remove(place)) {
                Some(actor) if !self.deadlocked() => {
                    self.begin(actor, next[actor])?;
                    next[actor] += 1;
                    self.settle().await?;
                }
                other => {
                    if let Some(actor) = other {
                        turns.insert(free.unwrap_or(0), actor);
                    }
                    if self.running.iter().all(Option::is_none) {
                        return Ok(());
                    }
                    self.one_ends().await?;
                    self.settle().await?;
                }
            }
        }
    }

    /// Sends a step, or notes that there is nothing to do.
    fn begin(&mut self, at: usize, index: usize) -> Result<()> {
        let actor = &self.ground.script.actors[at];
        let step = actor.steps.get(index).ok_or_else(|| Error::harness("an order beyond its steps"))?;
        let own: Vec<Performed> =
            self.done.iter().filter(|done| done.session == actor.name).cloned().collect();
        let begun = self.begun;
        self.begun += 1;
        let statements = (step.statements)(&own);
        if statements.is_empty() {
            self.end(at, step.name.clone(), begun, &[], (StepOutcome::Skipped, 0));
            return Ok(());
        }
        let session = Arc::clone(&self.ground.sessions[at]);
        let again = step.again.clone();
        let task = tokio::spawn(async move { in_turn(&session, &statements, again.as_ref()).await });
        let step = step.name.clone();
        self.running[at] = Some(Running::new(task, step, begun));
        Ok(())
    }

    fn end(
        &mut self,
        at: usize,
        step: String,
        begun: usize,
        blocked_by: &[usize],
        (outcome, attempts): (StepOutcome, u32),
    ) {
        let actors = &self.ground.script.actors;
        self.done.push(Performed {
            session: actors[at].name.clone(),
            step,
            begun,
            ended: self.done.len(),
            blocked_by: blocked_by.iter().map(|by| actors[*by].name.clone()).collect(),
            outcome,
            attempts,
        });
    }

    /// Goes on until every step in flight has ended or is seen to wait for another session.
    async fn settle(&mut self) -> Result<()> {
        for at in 0..self.running.len() {
            let since = Instant::now();
            while self.running[at].is_some() {
                if self.reap(at, PULSE).await? {
                    // What it let go may be a session looked at before.
                    return Box::pin(self.settle()).await;
                }
                let blockers =
                    blockers(&self.ground.monitor, self.ground.pids[at], &self.ground.pids).await?;
                if !blockers.is_empty() {
                    self.blocked(at, blockers);
                    break;
                }
                self.in_time(at, since)?;
            }
        }
        Ok(())
    }

    /// Waits until a blocked step ends, whichever.
    async fn one_ends(&mut self) -> Result<()> {
        let since = Instant::now();
        loop {
            for at in 0..self.running.len() {
                if self.running[at].is_some() {
                    if self.reap(at, PULSE).await? {
                        return Ok(());
                    }
                    self.in_time(at, since)?;
                }
            }
        }
    }

    /// Whether the step of this actor ended within `patience`; enters it if so.
    async fn reap(&mut self, at: usize, patience: Duration) -> Result<bool> {
        let Some(running) = &mut self.running[at] else { return Ok(false) };
        let Ok(joined) = tokio::time::timeout(patience, &mut running.task).await else { return Ok(false) };
        let (outcome, attempts) =
            joined.map_err(|error| Error::harness(format!("a step broke off: {error}")))??;
        if let Some(running) = self.running[at].take() {
            let (step, blocked_by) = (running.step.clone(), running.blocked_by.clone());
            if let Some(since) = running.blocked_at {
                let actors = &self.ground.script.actors;
                let by = blocked_by.iter().map(|by| actors[*by].name.clone()).collect();
                self.ground.recorder.waited(&actors[at].name, by, since);
            }
            self.end(at, step, running.begun, &blocked_by, (outcome.into(), attempts));
        }
        Ok(true)
    }

    fn blocked(&mut self, at: usize, blockers: Vec<usize>) {
        if let Some(running) = &mut self.running[at] {
            for by in &blockers {
                if !running.blocked_by.contains(by) {
                    running.blocked_by.push(*by);
                }
            }
            running.blocked_at.get_or_insert_with(|| self.ground.recorder.at_ms());
            running.waits_for = blockers;
        }
    }

    /// Whether some of those in flight wait for each other in a circle. Then the server is about to break it, and no
    /// step may come in between: when it does depends on the clock.
    fn deadlocked(&self) -> bool {
        let waits = |from: usize| self.running[from].as_ref().map_or(&[][..], |running| &running.waits_for);
        (0..self.running.len()).any(|start| {
            let mut reached = vec![false; self.running.len()];
            let mut look: Vec<usize> = waits(start).to_vec();
            while let Some(at) = look.pop() {
                if at == start {
                    return true;
                }
                if !std::mem::replace(&mut reached[at], true) {
                    look.extend(waits(at));
                }
            }
            false
        })
    }

    fn in_time(&self, at: usize, since: Instant) -> Result<()> {
        let deadline = self.ground.script.deadline;
        let Some(running) = &self.running[at] else { return Ok(()) };
        if since.elapsed() < deadline {
            return Ok(());
        }
        let actors = &self.ground.script.actors;
        let state = match running.waits_for.as_slice() {
            [] => "neither returned nor was it seen blocked".to_owned(),
            by => {
                let names: Vec<&str> = by.iter().map(|by| actors[*by].name.as_str()).collect();
                format!("stayed blocked by {}", names.join(", "))
            }
        };
        Err(Error::harness(format!("step {}.{} {state} within {deadline:?}", actors[at].name, running.step))
            .fix("see that every session's last step ends its transaction"))
    }
}
