//! A message that always fails, among others that do not.

use jiff::Timestamp;
use sor_gate::error::Result;
use sor_gate::fault::sink::{SinkPlan, Toxic};

use super::judge::{Attempt, Poison};
use super::yard::Yard;

const POISON: &str = "P-poison";

impl Yard<'_> {
    pub async fn poison(&self) -> Result<Poison> {
        self.clear_the_way().await?;
        self.queue(&[POISON, "P-1", "P-2", "P-3"]).await?;
        // A sink of the subject's own is refused by nobody but the network before it.
        let toxic = if self.sink.is_ours() { Toxic::Status(500) } else { Toxic::Reset };
        self.sink.set_plan(SinkPlan::key(POISON, toxic)).await?;
        self.cx.reach("before_poison", &self.values(POISON)).await?;
        let (mut attempts, mut others, mut overtook) = (Vec::new(), Vec::new(), Vec::new());
        for pass in 0..self.relay.max_attempts + 2 {
            if pass > 0 {
                self.age().await?;
            }
            overtook = self.arrived("P-");
            let began = Timestamp::now();
            self.pass("relay").await?;
            self.cx.reach("after_poison_pass", &self.values(POISON)).await?;
            let mut messages = self.of_phase("P-").await?;
            let Some(at) = messages.iter().position(|message| message.key == POISON) else { break };
            let message = messages.swap_remove(at);
            if pass == 0 {
                others = messages;
            }
            let pause_ms = message.next_attempt.map(|next| next.as_millisecond() - began.as_millisecond());
            let over = message.status != "pending";
            attempts.push(Attempt { message, pause_ms });
            if over {
                break;
            }
        }
        let sent = self.deliveries(POISON).len();
        self.age().await?;
        self.pass("relay, once more").await?;
        self.sink.set_plan(SinkPlan::healthy()).await?;
        let sent_afterwards = self.deliveries(POISON).len() - sent;
        Ok(Poison {
            max_attempts: i64::from(self.relay.max_attempts),
            in_order: self.relay.in_order,
            attempts,
            others,
            overtook,
            arrived: self.arrived("P-"),
            sent,
            sent_afterwards,
        })
    }
}
