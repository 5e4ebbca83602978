//! What the breaks share that rewrite a column in one of the two directions.

use sor_gate::drill::Applied;
use sor_gate::error::Result;
use sor_gate::stage::Stage;

use super::amend::{Amend, unviable};

#[derive(Clone, Copy)]
pub enum Direction {
    Up,
    Down,
}

/// Adds an ALTER TYPE to the type that a column has, with an expression of its name. Row-level security hides no row from
/// it, as it might from an UPDATE.
pub async fn rewrite(
    stage: &mut Stage<'_>,
    direction: Direction,
    value: fn(column: &str, kind: &str) -> String,
) -> Result<Applied> {
    let Some(mut amend) = Amend::open(stage)? else { return unviable("migration in both directions") };
    let Some(table) = amend.table() else { return unviable("table in tenancy.table or migration.scope") };
    let Some((column, kind)) = amend.free_column(&table).await? else {
        return unviable("column that can be altered freely");
    };
    let value = value(&column, &kind);
    let sql = format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING {value}");
    amend.declare(format!("column {table}.{column}"));
    match direction {
        Direction::Up => {
            amend.up(&sql);
            amend.done(format!("the upgrade rewrites {table} through {column}"))
        }
        Direction::Down => {
            amend.down(&sql);
            amend.done(format!("the downgrade rewrites {table}.{column}"))
        }
    }
}
