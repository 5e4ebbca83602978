//! The breaks of this drill, one file each.

mod bump_trigger_dropped;
mod editors_unchecked;
mod never_gives_up;
mod service_checks_nothing;
mod updater_overwrites;
mod version_unchecked;

use sor_gate::drill::{Applied, Break};
use sor_gate::stage::Stage;

use super::rows::unchecked;

/// In the order in which they are tried.
pub const ALL: &[Break] = &[
    version_unchecked::BREAK,
    service_checks_nothing::BREAK,
    bump_trigger_dropped::BREAK,
    updater_overwrites::BREAK,
    never_gives_up::BREAK,
    editors_unchecked::BREAK,
];

/// Takes the check of the version out of what the programs send in one part of the drill.
fn unchecked_in(stage: &mut Stage<'_>, part: &'static str) -> Applied {
    let Some(table) = stage.subject.versions.as_ref().and_then(|versions| versions.tables.first()) else {
        return Applied::Unviable("no [[versions.tables]]".into());
    };
    let rewrite = unchecked("the version is not compared", table);
    let told = format!("what is sent compares {} with nothing", table.version_column);
    stage.hooks.on_the_wire_in(part, rewrite);
    Applied::Done(told)
}
