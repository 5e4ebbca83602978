//! An updater that is started again for ever.

use sor_gate::drill::{Applied, Break};
use sor_gate::error::Result;
use sor_gate::stage::Stage;

/// Puts the updater into a loop that ends only when it succeeds.
pub const BREAK: Break = Break {
    id: "never_gives_up",
    claim: "background_gives_up",
    summary: "attempts have no end",
    apply: |stage| Box::pin(apply(stage)),
};

async fn apply(stage: &mut Stage<'_>) -> Result<Applied> {
    let updater = stage.subject.versions.as_mut().and_then(|versions| versions.updater.as_mut());
    let Some(updater) = updater else {
        return Ok(Applied::Unviable("no [versions.updater]".into()));
    };
    let again = ["/bin/sh", "-c", "until \"$@\"; do :; done", "updater"].map(str::to_owned);
    updater.program.command.splice(0..0, again);
    Ok(Applied::Done("a shell starts the updater again until it succeeds".into()))
}
