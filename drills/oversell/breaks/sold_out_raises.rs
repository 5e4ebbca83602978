//! Who comes too late gets an error.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;
use sor_gate::template::{self, Values};

use super::smaller;

/// Has the order raise an error when nothing is left.
pub const BREAK: Break = Break {
    id: "sold_out_raises",
    claim: "sold_out_told",
    summary: "raise an error when nothing is left",
    apply: |stage| Box::pin(apply(stage)),
};

/// Stands for the sale's number in the text of the query.
const SALE: &str = "sor_gate_sale";

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let Some(binding) = &mut stage.subject.stock else { return Ok(Applied::Unviable("no [stock]".into())) };
    let sold = template::paste(&binding.sold, &Values::new().with("sale", SALE))?.replace('\'', "''");
    let script = format!(
        "CREATE FUNCTION public.sor_gate_left(sale text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $sor_gate$
         DECLARE pieces bigint;
         BEGIN
           EXECUTE replace('SELECT stock FROM ({sold}) AS s', '{SALE}', sale) INTO pieces;
           IF pieces = 0 THEN RAISE EXCEPTION 'nothing is left'; END IF;
           RETURN pieces;
         END $sor_gate$;"
    );
    smaller::crowd(binding);
    binding.locking.insert(0, "SELECT public.sor_gate_left(${sale}::text)".into());
    stage.sql(&script).await?;
    Ok(Applied::Done("stock.locking begins with a look at the stock that raises".into()))
}
