//! What the catalog says of ids and of money.

use sor_gate::context::Context;
use sor_gate::error::Result;
use sor_gate::subject::{Constraints, catalog_name};
use sor_gate::template::Values;

use super::judge::{Column, Ids};

/// How many rows are added to see their ids.
const ROWS: u32 = 8;
/// Apart from the numbers that the rules use.
const FROM: u32 = 1_000_000;

/// A domain is told as the type below it, which may be that of another domain.
const COLUMNS: &str = "WITH RECURSIVE below AS ( \
        SELECT attnum, attname, attidentity, atttypid AS type, atttypmod AS modifier FROM pg_attribute \
        WHERE attrelid = ${table}::text::regclass AND attnum > 0 AND NOT attisdropped \
      UNION ALL \
        SELECT b.attnum, b.attname, b.attidentity, t.typbasetype, t.typtypmod \
        FROM below AS b JOIN pg_type AS t ON t.oid = b.type WHERE t.typtype = 'd') \
    SELECT b.attname AS name, format_type(b.type, b.modifier) AS type, b.attidentity::text AS identity \
    FROM below AS b JOIN pg_type AS t ON t.oid = b.type WHERE t.typtype <> 'd' ORDER BY b.attnum";

/// Adds rows, and holds the ids that came back against the table.
pub async fn ids(cx: &Context, binding: &Constraints) -> Result<Ids> {
    let (worker, admin) = (cx.worker_session("ids").await?, cx.admin().await?);
    let mut answered = Vec::new();
    for n in FROM..FROM + ROWS {
        let outcome = worker.attempt(&binding.insert, &Values::new().with("n", n)).await?;
        answered.extend(outcome.rows().and_then(|rows| rows.scalar()).map(str::to_owned));
    }
    let found = format!(
        "SELECT count(*) AS rows FROM {} WHERE {}::text = ANY (string_to_array(${{ids}}, ','))",
        binding.table, binding.id_column
    );
    let found = admin.must(&found, &Values::new().with("ids", answered.join(","))).await?.first("rows")?;
    let columns = of(cx, &binding.table).await?;
    let name = catalog_name(&binding.id_column);
    let identity = columns.into_iter().find(|column| column.name == name).map(|column| column.identity);
    Ok(Ids {
        asked: ROWS,
        answered,
        found: found.parse().unwrap_or(0),
        identity: identity.unwrap_or_default(),
    })
}

/// Every column of the tables with money, and whether it is declared to hold money.
pub async fn money(cx: &Context, binding: &Constraints) -> Result<Vec<Column>> {
    let mut all = Vec::new();
    for (table, declared) in &binding.money {
        let declared: Vec<String> = declared.iter().map(|name| catalog_name(name)).collect();
        let columns = of(cx, table).await?;
        for absent in declared.iter().filter(|name| columns.iter().all(|column| column.name != **name)) {
            all.push(Column {
                name: absent.clone(),
                kind: "absent".into(),
                money: true,
                ..Column::default()
            });
        }
        all.extend(columns.into_iter().map(|column| {
            let money = declared.contains(&column.name);
            Column { name: format!("{table}.{}", column.name), money, ..column }
        }));
    }
    Ok(all)
}

async fn of(cx: &Context, table: &str) -> Result<Vec<Column>> {
    let rows = cx.admin().await?.must(COLUMNS, &Values::new().with("table", table)).await?;
    (0..rows.rows.len())
        .map(|at| {
            Ok(Column {
                name: rows.cell(at, "name")?,
                kind: rows.cell(at, "type")?,
                identity: rows.cell(at, "identity")?,
                money: false,
            })
        })
        .collect()
}
