//! The crowd: all sessions order at once, the first of each while one buyer still holds the stock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures::future::{join, try_join_all};
use sor_gate::benchmark::Measurement;
use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::session::Session;
use sor_gate::subject::Stock;
use sor_gate::template::Values;

use super::judge::Sale;
use super::order::{Answer, Till};
use super::variant::{Guard, Variant};

/// How long the crowd may take to stand in line.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(1);
/// The buyer who holds the stock and then gives it up.
const FIRST: u64 = 0;

/// Sessions of buyers, connected, and what is sold to them.
pub struct Crowd<'a> {
    pub binding: &'a Stock,
    pub sessions: Vec<Session>,
    holder: Session,
    admin: Session,
    sales: AtomicU64,
}

/// One way to order, at the tills of all sessions.
pub struct Queue<'c> {
    pub guard: Guard,
    pub tills: Vec<Till<'c>>,
}

/// A buyer who was served, and when.
struct Served {
    began: Instant,
    ended: Instant,
    answer: Answer,
    beaten: u64,
}

impl<'a> Crowd<'a> {
    pub async fn gather(cx: &Context, binding: &'a Stock) -> Result<Self> {
        let names: Vec<String> = (1..=binding.at_once).map(|number| format!("buyer {number}")).collect();
        let sessions = try_join_all(names.iter().map(|name| cx.worker_session(name))).await?;
        let (holder, admin) = (cx.worker_session("first buyer").await?, cx.admin().await?);
        Ok(Self { binding, sessions, holder, admin, sales: AtomicU64::new(1) })
    }

    /// Opens another sale and answers its number.
    pub async fn open(&self, pieces: u64) -> Result<u64> {
        let sale = self.sales.fetch_add(1, Relaxed);
        let values = Values::new().with("sale", sale).with("pieces", pieces);
        self.admin.must(&self.binding.seed, &values).await?;
        Ok(sale)
    }

    /// A till for each session and way to order, with its statements prepared once for all that follows.
    pub async fn queues(&self) -> Result<Vec<Queue<'_>>> {
        let mut queues = Vec::new();
        for variant in Variant::of(self.binding) {
            let open = |session| Till::open(session, &variant, &self.binding.sold_out);
            let tills = try_join_all(self.sessions.iter().map(open)).await?;
            queues.push(Queue { guard: variant.guard, tills });
        }
        Ok(queues)
    }

    /// All buyers come. When far more was sold than there is, the rest is sent home.
    pub async fn rush(&self, queue: &Queue<'_>) -> Result<Sale> {
        let (buyers, pieces) = (u64::from(self.binding.buyers), u64::from(self.binding.pieces));
        let sale = self.open(pieces).await?;
        self.hold(sale).await?;
        let (next, sold) = (AtomicU64::new(FIRST + 1), AtomicU64::new(0));
        let serve = |till| {
            let (next, sold) = (&next, &sold);
            async move {
                let till: &Till<'_> = till;
                let mut served = Vec::new();
                while sold.load(Relaxed) <= 2 * pieces {
                    let buyer = next.fetch_add(1, Relaxed);
                    if buyer > buyers {
                        break;
                    }
                    let began = Instant::now();
                    let (answer, beaten) = till.serve(sale, buyer, || false).await?;
                    sold.fetch_add(u64::from(answer == Answer::Ordered), Relaxed);
                    served.push(Served { began, ended: Instant::now(), answer, beaten });
                }
                Ok::<_, Error>(served)
            }
        };
        let (served, released) = join(try_join_all(queue.tills.iter().map(serve)), self.release()).await;
        let (served, (waited, released)) = (served?.into_iter().flatten().collect::<Vec<_>>(), released?);
        let told = self.admin.must(&self.binding.sold, &Values::new().with("sale", sale)).await?;
        let number = |column: &str| -> Result<i64> {
            let text = told.first(column)?;
            text.parse()
                .map_err(|_| Error::usage(format!("`{column}` is no number: {text}")).at("stock.sold"))
        };
        let mut seen = Sale {
            guard: queue.guard,
            buyers,
            pieces,
            at_once: self.sessions.len(),
            waited,
            ordered: 0,
            sold_out: 0,
            given_up: 0,
            refused: Vec::new(),
            stored: number("orders")?,
            stock: number("stock")?,
            measured: measure(queue.guard, self.sessions.len(), released, &served),
        };
        for one in served {
            match one.answer {
                Answer::Ordered => seen.ordered += 1,
                Answer::SoldOut => seen.sold_out += 1,
                Answer::GivenUp => seen.given_up += 1,
                Answer::Refused(refusal) => seen.refused.push(refusal),
            }
        }
        Ok(seen)
    }

    /// The first buyer orders, and leaves the transaction open.
    async fn hold(&self, sale: u64) -> Result<()> {
        let values = Values::new().with("sale", sale).with("buyer", FIRST);
        self.holder.must("BEGIN", &values).await?;
        for statement in &self.binding.locking {
            self.holder.must(statement, &values).await?;
        }
        Ok(())
    }

    /// Waits until every session stands in line; then the first buyer gives up. Tells how many stood there, and when they
    /// were let go.
    async fn release(&self) -> Result<(i64, Instant)> {
        let waiting = "SELECT count(*) AS waiting FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let wanted = i64::try_from(self.sessions.len()).unwrap_or(i64::MAX);
        let deadline = Instant::now() + PATIENCE;
        let waited = loop {
            let waited: i64 = self.admin.client().query_one(waiting, &[]).await?.get("waiting");
            if waited >= wanted || Instant::now() > deadline {
                break waited;
            }
            tokio::time::sleep(PAUSE).await;
        };
        let released = Instant::now();
        self.holder.must("ROLLBACK", &Values::new()).await?;
        Ok((waited, released))
    }
}

/// What those saw who came when the line had begun to move.
fn measure(guard: Guard, at_once: usize, released: Instant, served: &[Served]) -> Measurement {
    let own: Vec<&Served> = served.iter().filter(|one| one.began >= released).collect();
    let last = own.iter().map(|one| one.ended).max().unwrap_or(released);
    let each = own.iter().map(|one| one.ended - one.began).collect();
    let beaten = own.iter().map(|one| one.beaten).sum();
    Measurement::of(guard.name(), at_once, last - released, each, beaten)
}
