//! Messages that fail on the network and go out with the next attempt.

use jiff::Timestamp;
use sor_gate::error::Result;
use sor_gate::fault::sink::{SinkPlan, Toxic, When};
use sor_gate::template::Values;

use super::judge::{Failed, Failures};
use super::yard::Yard;

const REFUSED: (&str, Toxic) = ("F-refused", Toxic::Refused);
/// A fault of its own for each key.
const FAULTS: [(&str, Toxic); 3] =
    [("F-reset", Toxic::Reset), ("F-time-out", Toxic::TimeOut), ("F-dropped", Toxic::AcceptThenDrop)];
/// What only HTTP can answer.
const STATUS: (&str, Toxic) = ("F-status", Toxic::Status(500));

impl Yard<'_> {
    /// Each message meets a fault of its own; then all are due again and the sink is healthy.
    pub async fn fail_and_retry(&self) -> Result<Failures> {
        let mut faults = FAULTS.to_vec();
        faults.extend(self.sink.is_ours().then_some(STATUS));
        self.clear_the_way().await?;
        let mut failed = self.failing_pass(&[REFUSED]).await?;
        if self.relay.in_order {
            // One that failed keeps those behind it from being tried.
            for fault in &faults {
                self.clear_the_way().await?;
                failed.extend(self.failing_pass(&[*fault]).await?);
            }
        } else {
            failed.extend(self.failing_pass(&faults).await?);
        }
        let fired = self.sink.events();
        self.cx.reach("before_retry", &Values::new()).await?;
        self.retry().await?;
        self.cx.reach("after_retry", &Values::new()).await?;
        let fired = fired.into_iter().map(|event| (event.kind, event.detail)).collect();
        Ok(Failures { failed, fired, retried: self.of_phase("F-").await?, deliveries: self.deliveries("F-") })
    }

    async fn retry(&self) -> Result<()> {
        self.sink.set_plan(SinkPlan::healthy()).await?;
        self.age().await?;
        self.pass("relay, next attempt").await
    }

    async fn failing_pass(&self, faults: &[(&'static str, Toxic)]) -> Result<Vec<Failed>> {
        let keys: Vec<&str> = faults.iter().map(|(key, _)| *key).collect();
        self.queue(&keys).await?;
        let plan = faults.iter().fold(SinkPlan::healthy(), |plan, (key, toxic)| {
            let when = if *toxic == Toxic::Refused { When::Always } else { When::Key((*key).into()) };
            plan.and(*toxic, when)
        });
        self.sink.set_plan(plan).await?;
        let began = Timestamp::now();
        self.pass("relay").await?;
        self.cx.reach("after_failure", &Values::new()).await?;
        let messages = self.messages().await?;
        let read = |key: &&str| Failed {
            key: (*key).to_owned(),
            began,
            message: messages.iter().find(|message| message.key == **key).cloned(),
        };
        Ok(keys.iter().map(read).collect())
    }
}
