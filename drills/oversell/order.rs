//! One buyer's order, from the first look to the last word.

use futures::FutureExt;
use futures::future::try_join;
use sor_gate::error::Result;
use sor_gate::session::{Outcome, Prepared, Refusal, Session};
use sor_gate::template::Values;

use super::variant::Variant;

/// Whoever is beaten so often will never be served.
const MOST_LOOKS: u64 = 2_000;
const PLACEHOLDERS: [&str; 4] = ["sale", "buyer", "version", "stock"];

/// What a buyer is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Ordered,
    SoldOut,
    Refused(Refusal),
    /// Others were quicker each time.
    GivenUp,
}

/// How an order's statements ended.
enum Ended {
    Written,
    NothingFound,
    Refused(Refusal),
}

/// A session with the statements of one way to order, prepared.
pub struct Till<'a> {
    session: &'a Session,
    read: Option<Prepared>,
    order: Vec<Prepared>,
    sold_out: &'a [String],
}

impl<'a> Till<'a> {
    pub async fn open(session: &'a Session, variant: &Variant, sold_out: &'a [String]) -> Result<Self> {
        let read = match &variant.read {
            Some(read) => Some(session.prepare(read, &PLACEHOLDERS).await?),
            None => None,
        };
        let mut order = Vec::new();
        for sql in &variant.order {
            order.push(session.prepare(sql, &PLACEHOLDERS).await?);
        }
        Ok(Self { session, read, order, sold_out })
    }

    /// Serves one buyer, who when beaten looks again unless it is too `late`; also tells how often the buyer was beaten.
    pub async fn serve(&self, sale: u64, buyer: u64, late: impl Fn() -> bool) -> Result<(Answer, u64)> {
        let values = Values::new().with("sale", sale).with("buyer", buyer);
        let mut beaten = 0;
        loop {
            let values = match self.look(&values).await? {
                Ok(values) => values,
                Err(answer) => return Ok((answer, beaten)),
            };
            match self.write(&values).await? {
                Ended::Written => return Ok((Answer::Ordered, beaten)),
                Ended::Refused(refusal) => return Ok((self.answer(refusal), beaten)),
                Ended::NothingFound if self.read.is_none() => return Ok((Answer::SoldOut, beaten)),
                Ended::NothingFound if beaten == MOST_LOOKS || late() => {
                    return Ok((Answer::GivenUp, beaten));
                }
                Ended::NothingFound => beaten += 1,
            }
        }
    }

    /// What the order must know of the sale, or the answer that needs no order.
    async fn look(&self, values: &Values) -> Result<Result<Values, Answer>> {
        let Some(read) = &self.read else { return Ok(Ok(values.clone())) };
        let rows = match self.session.run(read, values).await? {
            Outcome::Done(rows) if rows.rows.is_empty() => return Ok(Err(Answer::SoldOut)),
            Outcome::Done(rows) => rows,
            Outcome::Refused(refusal) => return Ok(Err(self.answer(refusal))),
        };
        let values = values.clone().with("version", rows.first("version")?);
        let stock = rows.column("stock").is_ok();
        Ok(Ok(if stock { values.with("stock", rows.first("stock")?) } else { values }))
    }

    /// One statement is a transaction of its own; several run in one.
    async fn write(&self, values: &Values) -> Result<Ended> {
        if let [only] = self.order.as_slice() {
            return self.step(only, values).await;
        }
        let [first, rest @ ..] = self.order.as_slice() else { return Ok(Ended::NothingFound) };
        // BEGIN does not wait for its answer: the first statement goes out right behind it.
        let begin = async { Ok(self.session.client().batch_execute("BEGIN").await?) };
        let ((), mut ended) = try_join(begin, self.step(first, values)).await?;
        for statement in rest {
            if !matches!(ended, Ended::Written) {
                break;
            }
            ended = self.step(statement, values).await?;
        }
        if matches!(ended, Ended::Written) {
            self.session.client().batch_execute("COMMIT").await?;
        } else {
            // Sent, and not waited for: whatever comes next on this connection comes behind it.
            let _ = self.session.client().batch_execute("ROLLBACK").now_or_never();
        }
        Ok(ended)
    }

    async fn step(&self, statement: &Prepared, values: &Values) -> Result<Ended> {
        Ok(match self.session.run(statement, values).await? {
            Outcome::Done(rows) if rows.affected == 0 => Ended::NothingFound,
            Outcome::Done(_) => Ended::Written,
            Outcome::Refused(refusal) => Ended::Refused(refusal),
        })
    }

    fn answer(&self, refusal: Refusal) -> Answer {
        if self.sold_out.contains(&refusal.sqlstate) { Answer::SoldOut } else { Answer::Refused(refusal) }
    }
}
