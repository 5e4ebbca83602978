//! A fleet: every Worker claims once while all others hold their claims, then all work until nothing is left.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use futures::future::{join_all, try_join_all};
use sor_gate::error::Result;
use sor_gate::session::Session;
use tokio::sync::Barrier;

use super::breaks;
use super::judge::{Attempt, Deed, Fleet, Kind, Operation};
use super::queue::Queue;

/// As many Workers are enough under a break that aims at another claim.
const SOME: usize = 8;

/// The history under way, in the order of what happened.
#[derive(Default)]
struct Journal(Mutex<Vec<Operation>>);

impl Journal {
    fn note(&self, worker: usize, deed: &Deed, kind: Kind) {
        let mut history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        history.push(Operation { worker, deed: deed.clone(), kind });
    }
}

/// Runs the queue dry. With `hold` the first claims are all open at once; claims that wait for each other cannot be.
pub async fn run(queue: &Queue<'_>, hold: bool) -> Result<Fleet> {
    let sampled = queue.cx.aims_elsewhere(breaks::ALL, "fleet");
    let workers = if sampled { queue.cx.workers.min(SOME) } else { queue.cx.workers };
    let ids: Vec<String> = (1..=queue.fleet_rows()).map(|n| format!("F-{n:06}")).collect();
    queue.seed(&ids).await?;
    let before: Vec<String> =
        queue.rows().await?.into_iter().filter(|(_, status)| status == "pending").map(|(id, _)| id).collect();
    let names: Vec<String> = (1..=workers).map(|n| format!("worker {n}")).collect();
    let sessions = try_join_all(names.iter().map(|name| queue.cx.worker_session(name))).await?;
    let fleet = Underway {
        queue,
        journal: Journal::default(),
        all_hold: hold.then(|| Barrier::new(workers)),
        // More claims than rows and Workers can only mean that rows are claimed again, or that no claim gets through.
        claims_left: AtomicUsize::new(before.len() + 2 * workers),
    };
    let at_work = names.iter().zip(&sessions).enumerate();
    join_all(at_work.map(|(number, (name, session))| fleet.work(number, name, session))).await;
    let there: BTreeSet<&String> = before.iter().collect();
    let after = queue.rows().await?.into_iter();
    let left =
        after.filter(|(id, status)| there.contains(id) && status != "done").map(|(id, _)| id).collect();
    let history = fleet.journal.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Fleet { workers, rows: before, history, left, held: hold })
}

struct Underway<'a> {
    queue: &'a Queue<'a>,
    journal: Journal,
    all_hold: Option<Barrier>,
    claims_left: AtomicUsize,
}

impl Underway<'_> {
    /// One Worker, until nothing is left for it or its connection is lost.
    async fn work(&self, number: usize, name: &str, session: &Session) {
        let mut first = true;
        while self.claims_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            let claimed = self.told(number, Deed::Claim, self.claim(name, session, first)).await;
            first = false;
            match claimed {
                Some(Attempt::Claimed(ids)) => {
                    for id in ids {
                        let done = async {
                            let done = self.queue.done(session, name, &id).await;
                            done.map(|()| Attempt::Claimed(vec![id.clone()]))
                        };
                        if self.told(number, Deed::Done(id.clone()), done).await.is_none() {
                            return;
                        }
                    }
                }
                Some(Attempt::Refused(_)) => {}
                Some(Attempt::Empty) | None => return,
            }
        }
    }

    async fn claim(&self, name: &str, session: &Session, first: bool) -> Result<Attempt> {
        let attempt = async {
            self.queue.open(session, name).await?;
            self.queue.claim(session, name).await
        };
        let attempt = attempt.await;
        // One that lost its connection comes too, or the others would wait for it for ever.
        if let (true, Some(all_hold)) = (first, &self.all_hold) {
            all_hold.wait().await;
        }
        self.queue.end(session, name, attempt?).await
    }

    /// Writes down that a deed was begun and how it ended; nothing when that cannot be known.
    async fn told(
        &self,
        worker: usize,
        deed: Deed,
        doing: impl Future<Output = Result<Attempt>>,
    ) -> Option<Attempt> {
        self.journal.note(worker, &deed, Kind::Invoke);
        let (kind, attempt) = match doing.await {
            Ok(Attempt::Refused(refusal)) => (Kind::Fail(refusal.clone()), Some(Attempt::Refused(refusal))),
            Ok(attempt) => (Kind::Ok(attempt.ids().to_vec()), Some(attempt)),
            Err(error) => (Kind::Info(error.to_string()), None),
        };
        self.journal.note(worker, &deed, kind);
        attempt
    }
}
