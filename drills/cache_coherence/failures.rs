//! Loads that fail, and loads that find nothing.

use sor_gate::error::Result;
use sor_gate::quote::quote_ident;
use sor_gate::subject::parts;
use sor_gate::template::Values;

use super::ground::Ground;
use super::instance::Instance;
use super::judge::{Failed, Missing};

const KEY: &str = "failing";
const VALUE: &str = "https://example.org/failing";

/// Reads while the table has another name: the load fails with 42P01, on a connection that lives.
pub async fn failed_load(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Failed> {
    ground.insert(KEY, VALUE).await?;
    let table = &ground.binding.table;
    let named = parts(table).and_then(|parts| parts.last().cloned()).unwrap_or_else(|| table.clone());
    let away = format!("{}_away", &named[..named.len().min(50)]);
    let qualified = match parts(table).as_deref() {
        Some([schema, _]) => format!("{}.{}", quote_ident(schema), quote_ident(&away)),
        _ => quote_ident(&away),
    };
    let none = Values::new();
    ground.admin.must(&format!("ALTER TABLE {table} RENAME TO {}", quote_ident(&away)), &none).await?;
    ground.cx.reach("table away", &Values::new().with("away", &away)).await?;
    let refused = service.refusals().len();
    let answer = service.read(KEY).await;
    let sqlstate = service.refusals().into_iter().nth(refused);
    ground.cx.reach("table back", &Values::new()).await?;
    ground.admin.must(&format!("ALTER TABLE {qualified} RENAME TO {}", quote_ident(&named)), &none).await?;
    ground.reach("load failed", KEY, None).await?;
    let entry = ground.client.dump(&ground.entry(KEY)?).await?;
    let then = service.read(KEY).await?;
    Ok(Failed { answer: answer?, sqlstate, cached: entry.is_some(), right: then.is(VALUE), then })
}

/// Reads what is nowhere.
pub async fn missing(ground: &Ground<'_>, service: &Instance<'_>) -> Result<Missing> {
    let before = service.loads();
    let answer = service.read("nowhere").await?;
    Ok(Missing { answer, loads: service.loads() - before, wanted: ground.binding.read.not_found })
}
