//! What the breaks share that put something else in the place of the unique index.

use sor_gate::drill::Applied;
use sor_gate::error::Result;
use sor_gate::fault::proxy::Rewrite;
use sor_gate::sabotage;
use sor_gate::stage::Stage;
use sor_gate::subject::Idempotency;

/// The table whose unique index is gone, and the column with the key.
pub struct Place {
    pub table: String,
    pub key: String,
}

/// Drops whatever unique index covers the key, and rewrites the writes with `loosen`, so that they do not ask for it.
/// Without such an index there is no place.
pub async fn drop_index(
    stage: &mut Stage<'_>,
    loosen: fn(&str) -> Option<String>,
) -> Result<(Applied, Option<Place>)> {
    let Some(binding) = &mut stage.subject.idempotency else {
        return Ok((Applied::Unviable("no [idempotency]".into()), None));
    };
    loosened(binding, loosen);
    if binding.program.is_some() {
        stage.hooks.on_the_wire(Rewrite::new("the write asks for no unique index", loosen));
    }
    let place = Place { table: binding.table.clone(), key: binding.key_column.clone() };
    let dropped = sabotage::drop_unique_indexes(stage.admin, &place.table, &place.key).await?;
    let place = matches!(dropped, Applied::Done(_)).then_some(place);
    Ok((dropped, place))
}

/// Rewrites the statements of a write.
fn loosened(binding: &mut Idempotency, loosen: fn(&str) -> Option<String>) {
    for statement in &mut binding.write {
        if let Some(loose) = loosen(statement) {
            *statement = loose;
        }
    }
}
