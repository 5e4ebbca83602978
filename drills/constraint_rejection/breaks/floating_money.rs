//! Cents are lost in rounding.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::sabotage;
use sor_gate::stage::Stage;

/// Makes a column of money a floating-point number.
pub const BREAK: Break = Break {
    id: "floating_money",
    claim: "integer_money",
    summary: "money as double precision",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let money = stage.subject.constraints.as_ref().and_then(|binding| binding.money.iter().next());
    let Some((table, column)) = money.and_then(|(table, columns)| Some((table, columns.first()?))) else {
        return Ok(Applied::Unviable("no constraints.money".into()));
    };
    sabotage::retype(stage.admin, table, column, "double precision").await
}
