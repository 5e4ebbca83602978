//! What refuses a rule's faulty write, found by trying it.

use sor_gate::drill::Applied;
use sor_gate::error::{Error, Result};
use sor_gate::sabotage;
use sor_gate::session::Refusal;
use sor_gate::stage::Stage;
use sor_gate::subject::RuleKind;
use sor_gate::template::Values;

/// Numbers that the drill does not use.
const N: u32 = 9_000_000;

/// Tries the first rule of a kind as the administrator; nothing of it stays.
pub async fn find(stage: &Stage<'_>, kind: RuleKind) -> Result<Option<Refusal>> {
    let Some(binding) = &stage.subject.constraints else { return Ok(None) };
    let Some(rule) = binding.rules.iter().find(|rule| rule.kind == kind) else { return Ok(None) };
    stage.sql("BEGIN").await?;
    let added = stage.admin.must(&binding.insert, &Values::new().with("n", N)).await?;
    let id =
        added.scalar().ok_or_else(|| Error::usage("the insert answers no id").at("constraints.insert"))?;
    let values = Values::new().with("id", id).with("n", N + 1);
    let outcome = stage.admin.attempt(&rule.refused, &values).await?;
    stage.sql("ROLLBACK").await?;
    Ok(outcome.refusal().cloned())
}

/// Drops whatever constraint or index refuses a rule of this kind.
pub async fn drop_it(stage: &Stage<'_>, kind: RuleKind) -> Result<Applied> {
    match find(stage, kind).await? {
        Some(Refusal { constraint: Some(name), .. }) => sabotage::drop_named(stage.admin, &name).await,
        Some(Refusal { table: Some(table), column: Some(column), .. }) => {
            let table = qualified(stage, &table, &column).await?;
            sabotage::make_nullable(stage.admin, &table, &column).await
        }
        _ => Ok(Applied::Unviable("nothing refuses it".into())),
    }
}

/// The refusal names the table alone, which may stand in any schema; its column may not be NULL.
async fn qualified(stage: &Stage<'_>, table: &str, column: &str) -> Result<String> {
    let find = "SELECT c.oid::regclass::text AS name FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid \
                WHERE c.relname = ${table}::text AND a.attname = ${column}::text AND a.attnotnull";
    stage.admin.must(find, &Values::new().with("table", table).with("column", column)).await?.first("name")
}
