//! Turns what readers and editors saw into findings.

mod seen;
#[cfg(test)]
mod tests;

use sor_gate::verdict::Finding;

pub use seen::{Background, Crowd, Seen, Stale, Table, Updated};

use super::door::Written;

/// The evidence line.
pub fn line(seen: &Seen) -> String {
    let mut told: Vec<String> = Vec::new();
    if let Some(table) = seen.tables.first() {
        told.push(format!(
            "Version {} named again by SQL: {}",
            table.stale.first.version,
            late(&table.stale.late)
        ));
    }
    if let Some(stale) = &seen.served {
        told.push(format!("over HTTP: {}", late(&stale.late)));
    }
    if let Some(table) = seen.tables.first() {
        told.push(format!("a change that forgets it: {} to {}", table.before, table.after.version));
    }
    if let Some(background) = &seen.background {
        told.push(format!("the updater: {}", updater(background)));
    }
    let (own, loses) = &seen.editors;
    told.push(format!(
        "{} editors at once: {} conflicts, {} edits lost; without the check {} lost",
        own.editors, own.conflicts, own.lost, loses.lost
    ));
    format!("{}.", told.join("; "))
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        stale_write_refused(&seen.tables),
        conflict_answered(seen.served.as_ref()),
        bump_guaranteed(&seen.tables),
        background_gives_up(seen.background.as_ref()),
        no_lost_update(&seen.editors),
    ]
}

fn stale_write_refused(tables: &[Table]) -> Finding {
    let (claim, expected) = ("stale_write_refused", "no row, and nothing changed");
    if let Some(why) = tables.iter().find_map(|table| uncontrolled(&table.stale)) {
        return Finding::unproven(claim, expected, why);
    }
    let good = |stale: &Stale| matches!(stale.late, Written::Conflict(_)) && stale.unchanged();
    let observed = tables.iter().map(|table| format!("{}: {}", table.name, tell(&table.stale)));
    let observed = observed.collect::<Vec<_>>().join("; ");
    let holds = !tables.is_empty() && tables.iter().all(|table| good(&table.stale));
    tables.iter().fold(Finding::judge(claim, holds, expected, observed), |finding, table| {
        let Stale { first, between, .. } = &table.stale;
        let control = format!(
            "the same edit on version {} went through while that was current, and made it {}",
            first.version, between.version
        );
        finding.witnessed(control)
    })
}

fn conflict_answered(served: Option<&Stale>) -> Finding {
    let (claim, expected) = ("conflict_answered", "412 with the current ETag, and nothing changed");
    let Some(stale) = served else {
        return Finding::not_testable(claim, "the table versions.service");
    };
    if let Some(why) = uncontrolled(stale) {
        return Finding::unproven(claim, expected, why);
    }
    let current = matches!(&stale.late, Written::Conflict(Some(tag)) if *tag == stale.after.version);
    Finding::judge(claim, current && stale.unchanged(), expected, tell(stale)).witnessed(format!(
        "the same request with If-Match {} was answered 2xx while that was current, and made it {}",
        stale.first.version, stale.between.version
    ))
}

fn bump_guaranteed(tables: &[Table]) -> Finding {
    let (claim, expected) = ("bump_guaranteed", "a higher version after a change that does not name it");
    for table in tables {
        let why = match table.forgetful.refusal() {
            Some(refusal) => format!("{}: the change was refused: {refusal}", table.name),
            None if table.after.content == table.stale.after.content => {
                format!("{}: the statement changed nothing", table.name)
            }
            None => continue,
        };
        return Finding::unproven(claim, expected, why);
    }
    let raised = |table: &Table| match (table.before.parse::<i64>(), table.after.version.parse::<i64>()) {
        (Ok(before), Ok(after)) => after > before,
        _ => table.before != table.after.version,
    };
    let observed =
        tables.iter().map(|table| format!("{}: {} to {}", table.name, table.before, table.after.version));
    let observed = observed.collect::<Vec<_>>().join("; ");
    let content = tables
        .iter()
        .map(|table| format!("the content of a row of {} became `{}`", table.name, table.after.content));
    let holds = !tables.is_empty() && tables.iter().all(raised);
    content.fold(Finding::judge(claim, holds, expected, observed), Finding::witnessed)
}

fn background_gives_up(background: Option<&Background>) -> Finding {
    let claim = "background_gives_up";
    let Some(background) = background else {
        return Finding::not_testable(claim, "the table versions.updater");
    };
    let Background { always, once, .. } = background;
    let expected = format!(
        "{} attempts with pauses of at least {} ms, then an end without a write; after one conflict in at attempt 2",
        background.most(),
        background.pauses_ms.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
    );
    if always.attempts == 0 || once.attempts == 0 {
        return Finding::unproven(claim, expected, "it was never seen to write, so that it met no conflict");
    }
    let ends = always.attempts == background.most() && always.ended == Some(false) && !always.own;
    let comes_through = once.attempts == 2 && once.ended == Some(true) && once.own;
    Finding::judge(claim, ends && background.paused() && comes_through, expected, updater(background)).witnessed(format!(
        "held on the wire before each of {} writes, while somebody else edited the row; it then held `{}`",
        always.attempts, always.content
    ))
}

fn no_lost_update((own, loses): &(Crowd, Crowd)) -> Finding {
    let claim = "no_lost_update";
    let expected = format!("the edits of all {} editors", own.editors);
    let door = if own.http { "over HTTP" } else { "by SQL" };
    let mut observed = format!("{} conflicts, {} edits lost {door}", own.conflicts, own.lost);
    if let Some(why) = own.failed.first() {
        observed.push_str(&format!(", {} gave up, the first: {why}", own.failed.len()));
    }
    if !own.same || !loses.same {
        return Finding::unproven(claim, expected, "the editors did not start from the same version");
    }
    if loses.lost == 0 {
        let why = "without the check of the version no edit was lost: the race is not calibrated";
        return Finding::unproven(claim, expected, why);
    }
    let whole = own.lost == 0 && own.failed.is_empty();
    if whole && own.conflicts == 0 {
        return Finding::unproven(claim, expected, "no editor met a conflict");
    }
    Finding::judge(claim, whole, expected, observed)
        .witnessed(format!("{} editors had read the same version before the first wrote", own.editors))
        .witnessed(format!(
            "without the check, in the same set-up: {} of {} edits lost",
            loses.lost, loses.editors
        ))
}

/// Why a refusal of the late edit would say nothing: the one in time did not go through either.
fn uncontrolled(stale: &Stale) -> Option<String> {
    match &stale.control {
        Written::Done if stale.between.content != stale.first.content => None,
        Written::Done => Some("the edit on the current version changed nothing".into()),
        Written::Conflict(_) => Some("the edit on the current version was a conflict".into()),
        Written::Other(what) => Some(format!("the edit on the current version was refused: {what}")),
    }
}

fn tell(stale: &Stale) -> String {
    let changed = if stale.unchanged() { "nothing changed" } else { "the edit in between is overwritten" };
    format!(
        "version {} named while {} is current: {}, {changed}",
        stale.first.version,
        stale.between.version,
        late(&stale.late)
    )
}

fn late(written: &Written) -> String {
    match written {
        Written::Done => "written".into(),
        Written::Conflict(None) => "no row".into(),
        Written::Conflict(Some(current)) => format!("412, current {current}"),
        Written::Other(what) => what.clone(),
    }
}

fn updater(background: &Background) -> String {
    let told = |updated: &Updated| {
        let pauses: Vec<String> = updated.pauses.iter().map(|pause| pause.as_millis().to_string()).collect();
        let pauses =
            if pauses.is_empty() { String::new() } else { format!(", pauses of {} ms", pauses.join(", ")) };
        let end = match (updated.ended, updated.own) {
            (None, _) => "and goes on",
            (Some(_), true) => "then its own text is in",
            (Some(true), false) => "then it says done, and its text is not in",
            (Some(false), false) => "then it gave up",
        };
        format!("{} attempt(s){pauses}, {end}", updated.attempts)
    };
    format!("{}; after one conflict {}", told(&background.always), told(&background.once))
}
