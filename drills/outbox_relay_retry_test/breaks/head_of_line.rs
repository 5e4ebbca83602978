//! A message that stands in the way.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// While the poison message is pending, updates of all other rows are swallowed, so that none of them can be claimed.
pub const BREAK: Break = Break {
    id: "head_of_line",
    claim: "poison_isolated",
    summary: "a message that fails keeps the others back",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(outbox) = &stage.subject.outbox else {
        return Ok(Applied::Unviable("no [outbox]".into()));
    };
    let (table, column) = (&outbox.table, &outbox.key_column);
    let rows = outbox.rows.trim().trim_end_matches(';');
    let script = format!(
        "CREATE FUNCTION public.sor_gate_block() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $sor_gate$ \
         BEGIN IF OLD.{column}::text <> '${{key}}' AND EXISTS (SELECT FROM ({rows}) AS presented \
             WHERE presented.dedup_key = '${{key}}' AND presented.status = 'pending') \
             THEN RETURN NULL; END IF; RETURN NEW; END $sor_gate$; \
         CREATE TRIGGER sor_gate_block BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION public.sor_gate_block()"
    );
    stage.hooks.at("before_poison", script);
    Ok(Applied::Done(format!("a trigger on {table} lets none pass the poison message")))
}
