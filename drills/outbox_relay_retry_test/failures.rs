//! Messages that fail on the network and go out with the next attempt.

use jiff::Timestamp;
use sor_gate::error::Result;
use sor_gate::fault::sink::{SinkPlan, Toxic, When};
use sor_gate::template::Values;

use super::judge::{Failed, Failures};
use super::yard::Yard;

const REFUSED: &str = "F-refused";
/// A fault of its own for each key.
const FAULTS: [(&str, Toxic); 4] = [
    ("F-reset", Toxic::Reset),
    ("F-time-out", Toxic::TimeOut),
    ("F-dropped", Toxic::AcceptThenDrop),
    ("F-status", Toxic::Status(500)),
];

impl Yard<'_> {
    /// Each message meets a fault of its own; then all are due again and the sink is healthy.
    pub async fn fail_and_retry(&self) -> Result<Failures> {
        self.queue(&[REFUSED]).await?;
        self.sink.set_plan(SinkPlan::always(Toxic::Refused)).await?;
        let mut failed = self.failing_pass(&[REFUSED]).await?;
        let keys = FAULTS.map(|(key, _)| key);
        self.queue(&keys).await?;
        let plan = FAULTS
            .into_iter()
            .fold(SinkPlan::healthy(), |plan, (key, toxic)| plan.and(toxic, When::Key(key.into())));
        self.sink.set_plan(plan).await?;
        failed.extend(self.failing_pass(&keys).await?);
        let fired = self.sink.events();
        self.cx.reach("before_retry", &Values::new()).await?;
        self.sink.set_plan(SinkPlan::healthy()).await?;
        self.age().await?;
        self.pass("relay, next attempt").await?;
        self.cx.reach("after_retry", &Values::new()).await?;
        let fired = fired.into_iter().map(|event| (event.kind, event.detail)).collect();
        Ok(Failures { failed, fired, retried: self.of_phase("F-").await?, deliveries: self.deliveries("F-") })
    }

    async fn failing_pass(&self, keys: &[&str]) -> Result<Vec<Failed>> {
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
