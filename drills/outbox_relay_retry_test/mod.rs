//! Drill 5: what the outbox announces goes out, once in effect, whatever the network and the relay go through.

mod breaks;
mod failures;
mod judge;
mod kills;
mod pair;
mod poison;
mod sweep;
mod writes;
mod yard;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;
use sor_gate::subject::Tenancy;

use judge::Seen;
use yard::Yard;

/// The transactional outbox.
pub struct OutboxRelayRetryTest;

const SPEC: DrillSpec = DrillSpec {
    id: "outbox_relay_retry_test",
    suite: Suite::SystemOfRecord,
    lesson: 5,
    habit: "transactional outbox",
    claims: &[
        Claim {
            id: "atomic_with_write",
            statement: "business row and outbox row commit or vanish together",
            remedy: "insert the outbox row in the transaction of the business write",
            rests_on: &[],
        },
        Claim {
            id: "stays_pending",
            statement: "after a failed attempt the row is pending, with attempts 1, the error and the next attempt's time",
            remedy: "mark a message as sent after the sink's answer, and write every failure down",
            rests_on: &[],
        },
        Claim {
            id: "dispatched_once",
            statement: "the next attempt dispatches the message, with one effective delivery for its key",
            remedy: "send due messages again with the same dedup key, and mark them once the sink has answered",
            rests_on: &[],
        },
        Claim {
            id: "dedup_on_redelivery",
            statement: "a relay killed at any point loses and doubles nothing: what is sent twice carries the same key",
            remedy: "store the dedup key in the outbox row, and send that very key with every attempt",
            rests_on: &[],
        },
        Claim {
            id: "two_relays",
            statement: "two relays at once send no message twice",
            remedy: "claim messages with FOR UPDATE SKIP LOCKED and a lease before sending",
            rests_on: &[],
        },
        Claim {
            id: "poison_isolated",
            statement: "a message that always fails keeps no other back, backs off, and is given up in the end",
            remedy: "count attempts, lengthen the pause with each, and mark the message dead after the last",
            rests_on: &[],
        },
        Claim {
            id: "dedup_key_unique",
            statement: "a second outbox row under the same dedup key is refused or a no-op",
            remedy: "put a unique index on the dedup key",
            rests_on: &[],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for OutboxRelayRetryTest {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn lengthy(&self) -> bool {
        true
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let subject = &cx.subject;
        let (Some(outbox), Some(relay)) = (&subject.outbox, &subject.relay) else {
            return Ok(Evidence::not_testable(SPEC.claims, "the sections [outbox] and [relay]"));
        };
        let tenancy = subject.tenancy.clone().unwrap_or_else(Tenancy::none);
        let yard = Yard::new(cx, outbox, relay, &tenancy).await?;
        let (atomic, unique) = (yard.cut_writes().await?, yard.key_twice().await?);
        let (failures, kills) = (yard.fail_and_retry().await?, yard.kill_at_each_point().await?);
        let sweep = yard.sweep().await?;
        // The server has crashed, and every session with it.
        let yard = yard.again().await?;
        let (pair, poison) = (yard.two_relays().await?, yard.poison().await?);
        cx.recorder.faults(yard.sink.events());
        let seen = Seen { atomic, unique, failures, kills, sweep, pair, poison };
        Ok(Evidence::new(tell(&seen), judge::judge(&seen)))
    }
}

/// The evidence line, from what was seen.
fn tell(seen: &Seen) -> String {
    let pending = seen.failures.failed.iter().filter_map(|failed| failed.message.as_ref());
    let pending = pending.filter(|message| message.status == "pending").count();
    let dispatched = seen.failures.retried.iter().filter(|message| message.status == "dispatched").count();
    let landed = seen.kills.kills.iter().filter(|kill| kill.landed).count();
    let effects = seen.kills.deliveries.iter().filter(|delivery| delivery.effective()).count();
    format!(
        "{} messages met a network fault: {pending} stayed pending, {dispatched} dispatched with the next attempt. \
         Relay killed at {landed} points: {} deliveries, {effects} effects for {} messages. \
         Two relays at once: {} deliveries for {} messages.",
        seen.failures.failed.len(),
        seen.kills.deliveries.len(),
        seen.kills.messages.len(),
        seen.pair.deliveries.len(),
        seen.pair.messages.len()
    )
}
