//! A message that its receiver refuses each time.

use sor_gate::error::Result;
use sor_gate::fault::sink::{SinkPlan, Toxic, When};
use sor_gate::template::Values;
use sor_gate::worker::Assignment;

use super::runs::Yard;

/// What the harness's sink answers to the poison.
const STATUS: u16 = 500;

/// Runs the relay against a receiver that refuses the run's messages, until it gives them up or has tried as often as
/// it may. Tells what fired; nothing when nothing did.
pub async fn poison(yard: &Yard<'_>, run: &str) -> Result<String> {
    let Some(relay) = &yard.cx.subject.relay else { return Ok(String::new()) };
    let sink = yard.cx.receiver(relay).await?;
    // A sink of the subject's own is refused by nobody but the network before it.
    let (toxic, met) = match sink.is_ours() {
        true => (Toxic::Status(STATUS), format!("the receiver answered {STATUS} to it")),
        false => (Toxic::Reset, "the connection to the receiver was reset under it".to_owned()),
    };
    let values = Values::new().with("run_id", run);
    let plan = match &yard.journal.deliveries {
        Some(deliveries) => {
            let keys = yard.admin.must(deliveries, &values).await?.all("dedup_key")?;
            keys.into_iter().fold(SinkPlan::healthy(), |plan, key| plan.and(toxic, When::Key(key)))
        }
        None => SinkPlan::always(toxic),
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
    Ok(if fired == 0 { String::new() } else { format!("{met} {fired} time(s)") })
}
