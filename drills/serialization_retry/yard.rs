//! The ground: accounts of their own, the transaction under test behind a wire proxy, and the other writer.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use sor_gate::context::Context;
use sor_gate::error::{Error, Result};
use sor_gate::fault::proxy::{Rewrite, WireMessage, WirePlan};
use sor_gate::rewrite;
use sor_gate::session::{Rows, Session};
use sor_gate::subject::Retry;
use sor_gate::template::Values;
use sor_gate::worker::Assignment;

/// What is on an account at first, what the transaction under test adds, and what the other writer adds.
pub const BEFORE: i64 = 1_500;
pub const BONUS: i64 = 500;
pub const RIVAL: i64 = 100;

/// How long the transaction may take where it is no program.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Yard<'a> {
    pub cx: &'a Context,
    pub binding: &'a Retry,
    admin: Session,
    accounts: AtomicU32,
}

/// The keys that are wanted, where one is missing.
pub fn missing(binding: &Retry) -> Option<&'static str> {
    match () {
        () if binding.program.is_none() && binding.transaction.is_none() => {
            Some("the table retry.program or retry.transaction")
        }
        () if binding.rival.program.is_none() && binding.rival.statements.is_empty() => {
            Some("the table retry.rival.program or the key retry.rival.statements")
        }
        () => None,
    }
}

/// The plan under which transactions begin at READ COMMITTED: the variant that must lose money.
pub fn unprotected(plan: WirePlan) -> WirePlan {
    plan.rewrite(Rewrite::new("begins at READ COMMITTED", rewrite::at_read_committed))
}

impl<'a> Yard<'a> {
    pub async fn open(cx: &'a Context, binding: &'a Retry) -> Result<Self> {
        Ok(Self { cx, binding, admin: cx.admin().await?, accounts: AtomicU32::new(1) })
    }

    /// A new account with [`BEFORE`] on it.
    pub async fn account(&self) -> Result<String> {
        let n = self.accounts.fetch_add(1, Relaxed);
        let values = Values::new().with("n", n).with("amount", BEFORE);
        let added = self.admin.must(&self.binding.account, &values).await?;
        let id = added.scalar().map(str::to_owned);
        id.ok_or_else(|| Error::usage("the statement answers no id").at("retry.account"))
    }

    pub async fn balance(&self, id: &str) -> Result<i64> {
        let values = Values::new().with("id", id);
        amount(&self.admin.must(&self.binding.balance, &values).await?, "retry.balance")
    }

    pub async fn entries(&self, id: &str) -> Result<Option<i64>> {
        let Some(sql) = &self.binding.entries else { return Ok(None) };
        let values = Values::new().with("id", id);
        amount(&self.admin.must(sql, &values).await?, "retry.entries").map(Some)
    }

    /// How long the transaction under test may take.
    pub fn patience(&self) -> Duration {
        self.binding.program.as_ref().map_or(PATIENCE, |program| program.timeout())
    }

    /// Whether this is the message before which the transaction is held: it has read, and is about to write.
    pub fn about_to_write(&self) -> impl Fn(&WireMessage<'_>) -> bool + Send + Sync + use<> {
        let text = self.binding.held_at.clone();
        move |message| {
            let held = |sql: &str| match &text {
                Some(text) => sql.contains(text),
                None => rewrite::writes(sql),
            };
            message.runs() && message.sql.is_some_and(held)
        }
    }

    /// The other writer adds to the account, and commits.
    pub async fn rival(&self, id: &str) -> Result<()> {
        let (rival, role) = (&self.binding.rival, &self.cx.subject.roles.worker);
        let values = Values::new().with("id", id).with("amount", RIVAL);
        if let Some(program) = &rival.program {
            let assignment = Assignment::with(&rival.name, values);
            let worker = self.cx.start_program("rival", program, role, &assignment).await?;
            worker.finish(&[], program.timeout()).await?;
            return Ok(());
        }
        let session = self.cx.worker_session(&rival.name).await?;
        session.must("BEGIN", &Values::new()).await?;
        for statement in &rival.statements {
            session.must(statement, &values).await?;
        }
        session.must("COMMIT", &Values::new()).await?;
        Ok(())
    }
}

/// The one number that a query answers.
pub fn amount(rows: &Rows, key: &str) -> Result<i64> {
    let number = rows.scalar().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        Error::usage("the query answers no whole number")
            .at(key)
            .fix("amounts are whole numbers of the smallest unit")
    })
}
