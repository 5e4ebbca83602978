//! The updater writes over what it has not seen.

use sor_gate::drill::Break;

use super::super::BACKGROUND;
use super::unchecked_in;

/// The updater's edits compare no version.
pub const BREAK: Break = Break {
    id: "updater_overwrites",
    claim: "background_gives_up",
    summary: "the background updater compares no version",
    apply: |stage| Box::pin(async move { Ok(unchecked_in(stage, BACKGROUND)) }),
};
