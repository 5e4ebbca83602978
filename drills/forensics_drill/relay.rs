//! A message that its receiver refuses each time.

use sor_gate::error::Result;
use sor_gate::fault::sink::{KeyFrom, Sink, SinkPlan, Toxic, When};
use sor_gate::template::Values;
use sor_gate::worker::Assignment;

use super::runs::Yard;

/// What the receiver answers to the poison.
const STATUS: u16 = 500;

/// Runs the relay against a receiver that refuses the run's messages, until it gives them up or has tried as often as
/// it may. Tells what fired; nothing when nothing did.
pub async fn poison(yard: &Yard<'_>, run: &str) -> Result<String> {
    let Some(relay) = &yard.cx.subject.relay else { return Ok(String::new()) };
    let sink = Sink::start(KeyFrom::Header(relay.key_header.clone())).await?;
    let values = Values::new().with("run_id", run);
    let plan = match &yard.journal.deliveries {
        Some(deliveries) => {
            let keys = yard.admin.must(deliveries, &values).await?.all("dedup_key")?;
            keys.into_iter()
                .fold(SinkPlan::healthy(), |plan, key| plan.and(Toxic::Status(STATUS), When::Key(key)))
        }
        None => SinkPlan::always(Toxic::Status(STATUS)),
    };
    sink.set_plan(plan).await?;
    let age = yard.cx.subject.outbox.as_ref().map(|outbox| &outbox.age);
    for _ in 0..relay.max_attempts {
        yard.cx.run_relay(&Assignment::relay("relay at night", &sink.url())).await?;
        let dead = yard.read(run).await?.messages.iter().any(|group| group.status == "dead");
        match age {
            Some(age) if !dead => yard.admin.must(age, &Values::new()).await?,
            _ => break,
        };
    }
    let events = sink.events();
    let fired = events.len();
    yard.cx.recorder.faults(events);
    Ok(if fired == 0 {
        String::new()
    } else {
        format!("the receiver answered {STATUS} to it {fired} time(s)")
    })
}
