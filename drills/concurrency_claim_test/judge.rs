//! Turns what the claimers saw into findings.

mod history;
mod seen;
#[cfg(test)]
mod tests;

use sor_gate::interleaving::History;
use sor_gate::session::Refusal;
use sor_gate::verdict::Finding;

pub use history::{Deed, Kind, Operation, Tally};
pub use seen::{Attempt, Calibration, Dead, Fleet, Pair, Protection, Seen};

/// The evidence line.
pub fn line(seen: &Seen) -> String {
    let (first, second) = (seen.pair.first.tell(), seen.pair.second.tell());
    let tally = seen.fleet.tally();
    let skipped =
        if seen.pair.first.shared(&seen.pair.second).is_some() { "did not skip it" } else { "skipped it" };
    format!(
        "Worker A claimed {first}. Worker B {skipped} and claimed {second}. {} orders of their steps: {} with a row \
         claimed twice. {} Workers claimed {} rows: {} twice, {} left. {} lock error(s) raised.",
        seen.orders.len(),
        seen.orders.iter().filter(|history| double(history, seen.at_commit).is_some()).count(),
        seen.fleet.workers,
        seen.fleet.rows.len(),
        tally.twice.len(),
        seen.fleet.left.len(),
        errors(seen).len()
    )
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        exclusive(&seen.pair),
        no_wait(&seen.pair),
        no_errors(seen),
        all_interleavings(&seen.orders, seen.at_commit),
        fleet(&seen.fleet),
        dead_claimer(&seen.dead),
        empty_queue(&seen.empty, &seen.fleet),
    ]
}

fn exclusive(pair: &Pair) -> Finding {
    let (claim, expected) = ("exclusive", "B claims another row than A");
    let observed = format!("A claimed {}, B claimed {}", pair.first.tell(), pair.second.tell());
    if pair.first.ids().is_empty() || pair.second.ids().is_empty() {
        return Finding::unproven(claim, expected, observed);
    }
    let holds = pair.first.shared(&pair.second).is_none();
    let finding = Finding::judge(claim, holds, expected, observed);
    match &pair.calibration {
        Some(calibration) if holds && calibration.took.shared(&calibration.held).is_none() => {
            let why = format!("the unprotected claim took {} in the same set-up", calibration.took.tell());
            Finding::unproven(claim, expected, format!("the race is not calibrated: {why}"))
        }
        Some(Calibration { without: Protection::Lock, held, .. }) => {
            finding.witnessed(format!("calibrated: the claim without its lock took {} as well", held.tell()))
        }
        Some(Calibration { without: Protection::Isolation, held, .. }) => finding.witnessed(format!(
            "calibrated: at the server's own isolation the claim took {} as well, which A held",
            held.tell()
        )),
        None => finding.witnessed("B answered while A's transaction was open"),
    }
}

fn no_wait(pair: &Pair) -> Finding {
    let (claim, expected) = ("no_wait", "B answers while A is open, without a lock_timeout");
    if matches!(pair.second, Attempt::Refused(_)) {
        return Finding::unproven(claim, expected, format!("B was refused: {}", pair.second.tell()));
    }
    if !pair.waited && !pair.open {
        return Finding::unproven(claim, expected, "A's transaction was not seen open when B answered");
    }
    let lock = pair.calibration.as_ref().filter(|calibration| calibration.without == Protection::Lock);
    if !pair.waited && lock.is_some_and(|calibration| !calibration.waited) {
        return Finding::unproven(claim, expected, "the claim without its lock was not seen to wait either");
    }
    let observed = match (pair.waited, pair.lock_timeout.as_str()) {
        (true, _) => "B was blocked by A (pg_blocking_pids) until A committed".to_owned(),
        (false, "0") => "B answered at once, A idle in transaction".to_owned(),
        (false, timeout) => format!("B answered at once, but with lock_timeout {timeout}"),
    };
    let finding = Finding::judge(claim, !pair.waited && pair.lock_timeout == "0", expected, observed)
        .witnessed("pg_stat_activity showed A idle in transaction after B's answer");
    match lock {
        Some(_) => {
            finding.witnessed("calibrated: the claim without its lock was blocked by A in the same set-up")
        }
        None => finding,
    }
}

/// Lock errors that a Worker saw.
fn errors(seen: &Seen) -> Vec<&Refusal> {
    const LOCK_ERRORS: [&str; 3] = ["55P03", "40P01", "40001"];
    let claims = [&seen.pair.first, &seen.pair.second, &seen.dead.later];
    let refusals = claims.into_iter().filter_map(|attempt| match attempt {
        Attempt::Refused(refusal) => Some(refusal),
        _ => None,
    });
    refusals
        .chain(seen.fleet.refusals())
        .filter(|refusal| LOCK_ERRORS.contains(&refusal.sqlstate.as_str()))
        .collect()
}

fn no_errors(seen: &Seen) -> Finding {
    let errors = errors(seen);
    let (claim, expected) = ("no_errors", "no 55P03, 40P01 or 40001");
    let claims = seen.fleet.tally().claims;
    if claims == 0 && errors.is_empty() {
        return Finding::unproven(claim, expected, "nothing was claimed");
    }
    let observed = match errors.first() {
        Some(first) => format!("{} lock error(s), the first: {first}", errors.len()),
        None => "no lock error".into(),
    };
    let how =
        if seen.fleet.held { "the first of each all open at once" } else { "which waited for each other" };
    let finding = Finding::judge(claim, errors.is_empty(), expected, observed)
        .witnessed(format!("{claims} claims by {} Workers, {how}", seen.fleet.workers));
    match seen.at_commit {
        true => finding.witnessed(format!(
            "{} attempts lost a race and were made again, as claims.isolation says",
            seen.made_again
        )),
        false => finding,
    }
}

fn all_interleavings(orders: &[History], at_commit: bool) -> Finding {
    let (claim, expected) =
        ("all_interleavings", "no row claimed twice, nobody waits, in any order of the steps");
    let overlapped = orders.iter().filter(|history| overlap(history)).count();
    if overlapped == 0 {
        return Finding::unproven(claim, expected, "no two claims were open at the same time");
    }
    let wrong =
        orders.iter().filter_map(|history| Some((history, double(history, at_commit)?))).collect::<Vec<_>>();
    let waits = orders.iter().filter(|history| history.any_blocked()).count();
    let observed = match wrong.first() {
        Some((history, id)) => {
            let order = history.order.join(" ");
            format!(
                "{} of {} orders claim a row twice, the first: {id} in {order}",
                wrong.len(),
                orders.len()
            )
        }
        None => format!("{} orders, no row claimed twice, {waits} with a wait", orders.len()),
    };
    Finding::judge(claim, wrong.is_empty() && waits == 0, expected, observed).witnessed(format!(
        "{} orders stepped one by one, both claims open at once in {overlapped}",
        orders.len()
    ))
}

/// What a session of an interleaving claimed: what it was answered, unless its COMMIT lost a race. Then it claimed anew, or
/// nothing.
fn claim_of<'h>(history: &'h History, session: &str) -> Vec<&'h str> {
    let end = history.step(session, "end").filter(|end| end.attempts > 1 || end.outcome.sqlstate().is_some());
    let claim = end.or_else(|| history.step(session, "claim"));
    claim.map(|step| step.outcome.firsts()).unwrap_or_default()
}

/// Whether both claims were made before either transaction ended.
fn overlap(history: &History) -> bool {
    let claimed = |session: &str| history.step(session, "claim").map(|step| step.ended);
    let closed = |session: &str| history.of(session).nth(2).map(|step| step.ended);
    let last_claim = claimed("A").max(claimed("B"));
    last_claim.is_some() && last_claim < closed("A") && last_claim < closed("B")
}

/// The row that both sessions claimed and neither gave back before the other's claim. Where a claim holds from its COMMIT
/// on, one that was given back never held.
fn double(history: &History, at_commit: bool) -> Option<&str> {
    if at_commit && history.step("A", "give back").is_some() {
        return None;
    }
    let (a, b) = (claim_of(history, "A"), claim_of(history, "B"));
    let gave_back = |session: &str, other: &str| {
        let end = history.step(session, "give back")?;
        Some(end.ended < history.step(other, "claim")?.ended)
    };
    let fair = gave_back("A", "B") == Some(true) || gave_back("B", "A") == Some(true);
    a.into_iter().find(|id| b.contains(id) && !fair)
}

fn fleet(fleet: &Fleet) -> Finding {
    let (claim, expected) = ("fleet", "every row once, none twice, none left, each Worker some");
    let tally = fleet.tally();
    let observed = format!(
        "{} rows, {} Workers: {} claimed twice, {} never, {} left, {} Worker(s) without any, {} to {} rows each",
        fleet.rows.len(),
        fleet.workers,
        tally.twice.len(),
        tally.never.len(),
        fleet.left.len(),
        tally.starved,
        tally.least,
        tally.most
    );
    if !fleet.held {
        return Finding::unproven(
            claim,
            expected,
            "claims wait for each other, so the fleet could not hold them at once",
        );
    }
    if let (true, Some(why)) = (tally.twice.is_empty(), &tally.why) {
        let unknown = format!("the end of {} operation(s) is not known, the first: {why}", tally.unknown);
        return Finding::unproven(claim, expected, unknown);
    }
    let clean =
        tally.twice.is_empty() && tally.never.is_empty() && fleet.left.is_empty() && tally.starved == 0;
    Finding::judge(claim, clean && fleet.rows.len() >= fleet.workers, expected, observed).witnessed(format!(
        "{} claims were open at one moment, held at a barrier; a history of {} entries was checked",
        fleet.workers,
        fleet.history.len()
    ))
}

fn dead_claimer(dead: &Dead) -> Finding {
    let claim = "dead_claimer";
    let expected = match dead.allowed.filter(|allowed| *allowed < dead.bound) {
        Some(allowed) => format!("claimable again within {allowed} s, as policy.rescue_s says"),
        None => format!("claimable again within {} s", dead.bound),
    };
    if dead.held.is_empty() {
        return Finding::unproven(claim, expected, "the claimer that was to be killed had claimed nothing");
    }
    if !dead.landed {
        return Finding::unproven(claim, expected, format!("the claimer was not killed: {}", dead.killed));
    }
    let held = dead.held.join(", ");
    let after = dead.took + dead.aged;
    let too_late = dead.back.zip(dead.allowed).filter(|(back, allowed)| back > allowed);
    let observed = if let Some((back, allowed)) = too_late {
        format!("{held} was claimable {back:.1} s after the kill, and policy.rescue_s allows {allowed} s")
    } else if dead.at_once.has_all(&dead.held) {
        format!("{held} was claimable at once after the kill")
    } else if dead.back.is_some() {
        format!(
            "{held} was still claimed after the kill and claimable {after:.1} s later ({} s of them aged)",
            dead.aged
        )
    } else {
        format!("{held} could not be claimed {after:.1} s after the kill: {}", dead.later.tell())
    };
    let holds = dead.back.is_some() && too_late.is_none();
    Finding::judge(claim, holds, expected, observed).witnessed(dead.killed.clone())
}

fn empty_queue(empty: &Attempt, fleet: &Fleet) -> Finding {
    let (claim, expected) = ("empty_queue", "an empty answer, no error");
    let last =
        fleet.refusals().next().map_or_else(|| empty.clone(), |refusal| Attempt::Refused(refusal.clone()));
    if fleet.tally().most == 0 {
        return Finding::unproven(claim, expected, "no claim ever answered a row");
    }
    Finding::judge(claim, last == Attempt::Empty, expected, format!("claimed {}", last.tell()))
        .witnessed(format!("asked after all {} rows were done", fleet.rows.len()))
}
