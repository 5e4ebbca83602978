//! Many tenants, many sessions, identities that flip at random.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::try_join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};
use sor_gate::error::Result;
use sor_gate::session::Session;
use sor_gate::template::{self, Values};
use tokio_postgres::SimpleQueryMessage;

use super::judge::Storm;
use super::reader::Reader;

/// How many tenants there are.
pub const TENANTS: u64 = 64;
/// How many sessions serve them.
pub const SESSIONS: usize = 16;
/// How often each session changes its identity.
const FLIPS: usize = 24;
/// The first number of a new tenant: five digits, so that ids of fixed width can be made of it.
const FIRST: u64 = 10_001;

impl Reader<'_> {
    /// The tenants' ids, with how many rows each has.
    fn crowd(&self) -> Result<Vec<(String, u64)>> {
        (0..TENANTS)
            .map(|n| {
                let id = template::fill(&self.tenancy.new_tenant, &Values::new().with("n", FIRST + n))?;
                Ok((id, 1 + n % 3))
            })
            .collect()
    }

    /// Adds the tenants and lets the sessions flip; `None` when the subject does not say how to add a tenant.
    pub async fn storm(&self) -> Result<Option<Storm>> {
        let Some(add) = &self.tenancy.add_tenant else { return Ok(None) };
        let crowd = self.crowd()?;
        let mut script = String::new();
        for (at, (tenant, rows)) in crowd.iter().enumerate() {
            script.push_str(&template::paste(add, &Values::new().with("tenant", tenant))?);
            script.push_str(";\n");
            for n in 0..*rows {
                self.add_row(&mut script, tenant, FIRST + 3 * at as u64 + n)?;
            }
        }
        let what = format!("{TENANTS} more tenants");
        let sessions = (1..=SESSIONS).map(async |n| self.cx.worker_session(&format!("storm {n}")).await);
        let (seeded, sessions) = tokio::join!(self.run_unlisted(&script, &what), try_join_all(sessions));
        seeded?;
        let sessions = sessions?;
        let truth = self.truth().await?;
        let seen = crowd.iter().filter(|(tenant, rows)| truth.of(tenant) == *rows).count();
        let within = Within::default();
        let flips = sessions.iter().zip(0_u64..).map(|(session, n)| self.flip(session, n, &crowd, &within));
        let mut storm = Storm { seeded: seen, sessions: sessions.len(), ..Storm::default() };
        let mut met = std::collections::BTreeSet::new();
        for (reads, wrong) in try_join_all(flips).await? {
            storm.reads += reads.len();
            met.extend(reads);
            storm.wrong.extend(wrong);
        }
        storm.tenants = met.len();
        storm.at_once = within.most.into_inner();
        self.cx.recorder.note("storm", format!("{} reads by {SESSIONS} sessions", storm.reads));
        Ok(Some(storm))
    }

    /// One session's flips: whom it served, and what was wrong.
    async fn flip(
        &self,
        session: &Session,
        n: u64,
        crowd: &[(String, u64)],
        within: &Within,
    ) -> Result<(Vec<usize>, Vec<String>)> {
        let mut random = StdRng::seed_from_u64(self.cx.seed.wrapping_add(n));
        let (mut served, mut wrong) = (Vec::new(), Vec::new());
        let look = format!("{}; COMMIT", self.count_sql());
        for _ in 0..FLIPS {
            let at = random.random_range(0..crowd.len());
            let (tenant, rows) = &crowd[at];
            let set = template::paste(&self.tenancy.set, &Values::new().with("tenant", tenant))?;
            session.client().batch_execute(&format!("BEGIN; {set}")).await?;
            within.enter();
            let answer = session.client().simple_query(&look).await?;
            within.leave();
            served.push(at);
            let seen: Vec<(String, String)> = answer
                .iter()
                .filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
                    _ => None,
                })
                .collect();
            if seen != [(tenant.clone(), rows.to_string())] {
                let parts: Vec<_> =
                    seen.iter().take(3).map(|(whose, count)| format!("{count} of {whose}")).collect();
                wrong.push(format!("{tenant} saw rows of {} tenant(s): {}", seen.len(), parts.join(", ")));
            }
        }
        Ok((served, wrong))
    }
}

/// How many transactions are open at once, and the most that ever were.
#[derive(Default)]
struct Within {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Within {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}
