//! Batches of hits are thrown away.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::stage::Stage;
use sor_gate::subject::catalog_name;

/// Keeps the counter as it is, whatever is added to it.
pub const BREAK: Break = Break {
    id: "hits_dropped",
    claim: "hits_counted",
    summary: "throw batches of hits away",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let cache = stage.subject.cache.as_ref();
    let Some((table, hits)) = cache.and_then(|cache| Some((&cache.table, cache.hits.as_ref()?))) else {
        return Ok(Applied::Unviable("no [cache.hits]".into()));
    };
    let column = quote_ident(&catalog_name(&hits.column));
    let script = format!(
        "CREATE FUNCTION public.sor_gate_drop() RETURNS trigger LANGUAGE plpgsql AS $sor_gate$
         BEGIN NEW.{column} := OLD.{column}; RETURN NEW; END $sor_gate$;
         CREATE TRIGGER sor_gate_drop BEFORE UPDATE ON {table}
         FOR EACH ROW EXECUTE FUNCTION public.sor_gate_drop();"
    );
    stage.sql(&script).await?;
    Ok(Applied::Done(format!("a trigger on {table} keeps {column} as it is")))
}
