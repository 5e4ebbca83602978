//! Turns what was said on the wire, and what is on the accounts, into findings.

mod attempts;
mod seen;
#[cfg(test)]
mod tests;

use sor_gate::verdict::Finding;

pub use attempts::attempts;
pub use seen::{Crowd, Forced, Held, Seen};

use super::yard::{BONUS, RIVAL};
use attempts::{Attempt, End};

/// The SQLSTATE of a serialization failure (manual, Appendix A, Class 40).
const REFUSED: &str = "40001";

/// The evidence line.
pub fn line(seen: &Seen) -> String {
    let (own, loses) = &seen.forced;
    let told = format!(
        "{}: {} in {} attempts. Without isolation: {}, {} lost.",
        story(seen, own),
        seen.money(own.after),
        own.attempts.len(),
        seen.money(loses.after),
        seen.money(loses.lost())
    );
    match &seen.crowd {
        Some((own, loses)) => format!(
            "{told} {} writers at once: {} refused with {REFUSED}, total {}; without isolation {} of {} lost.",
            own.writers,
            refused(&own.attempts),
            seen.money(own.after),
            seen.money(loses.lost()),
            seen.money(loses.expected())
        ),
        None => told,
    }
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![conflict_refused(seen), fresh_snapshot(seen), total_reconciles(seen)]
}

fn conflict_refused(seen: &Seen) -> Finding {
    let (own, loses) = &seen.forced;
    let claim = "conflict_refused";
    let expected = format!("attempt 1 refused with {REFUSED}, nothing overwritten");
    if let Some(why) = not_raced(seen, own).or_else(|| not_calibrated(seen, loses)) {
        return Finding::unproven(claim, expected, why);
    }
    let observed = format!("{}, balance {}", story(seen, own), seen.money(own.after));
    let refused = own.attempts.first().is_some_and(|attempt| attempt.end == End::Refused(REFUSED.into()));
    if !refused && own.lost() == 0 {
        return Finding::unproven(claim, expected, format!("no {REFUSED} was seen: {observed}"));
    }
    Finding::judge(claim, refused, expected, observed)
        .witnessed(format!(
            "held on the wire between its read and its write at {}, while {} +{} committed: {}",
            seen.money(own.before),
            seen.rival,
            seen.money(RIVAL),
            seen.money(own.between)
        ))
        .witnessed(lost_without(seen, loses))
}

fn fresh_snapshot(seen: &Seen) -> Finding {
    let (own, loses) = &seen.forced;
    let claim = "fresh_snapshot";
    let expected = format!(
        "attempt 2 reads {} and commits {}",
        seen.money(own.before + RIVAL),
        seen.money(own.expected())
    );
    if let Some(why) = not_raced(seen, own).or_else(|| not_calibrated(seen, loses)) {
        return Finding::unproven(claim, expected, why);
    }
    let refusals = refused(&own.attempts);
    if refusals == 0 && own.lost() == 0 {
        return Finding::unproven(
            claim,
            expected,
            format!("no {REFUSED} was seen, so nothing was tried again"),
        );
    }
    let ended = own.gave_up.as_ref().map(|why| format!("; it ended: {why}")).unwrap_or_default();
    let observed = format!("{}, balance {}{ended}", story(seen, own), seen.money(own.after));
    let fresh = own.attempts.get(1).is_some_and(|attempt| {
        attempt.end == End::Committed && attempt.read.is_none_or(|read| read == own.between)
    });
    let holds = fresh && own.attempts.len() == 2 && own.lost() == 0 && own.gave_up.is_none();
    Finding::judge(claim, holds, expected, observed).witnessed(format!(
        "{refusals} attempt(s) refused with {REFUSED} on the wire, {} in all",
        own.attempts.len()
    ))
}

fn total_reconciles(seen: &Seen) -> Finding {
    let claim = "total_reconciles";
    let Some((own, loses)) = &seen.crowd else {
        return Finding::unproven(claim, "the total right to the cent", "no conflict could be forced");
    };
    let expected = format!(
        "{} + {} + {} x {} = {}, every writer done",
        seen.money(own.before),
        seen.money(RIVAL),
        own.writers,
        seen.money(BONUS),
        seen.money(own.expected())
    );
    let refusals = refused(&own.attempts);
    let mut observed = format!("{}, {refusals} refused with {REFUSED}", seen.money(own.after));
    if let Some(entries) = own.entries {
        observed.push_str(&format!(", entries of {}", seen.money(entries)));
    }
    if let Some(why) = own.gave_up.first() {
        observed.push_str(&format!(", {} gave up, the first: {why}", own.gave_up.len()));
    }
    for (crowd, name) in [(own, "writers"), (loses, "unprotected writers")] {
        if crowd.held < crowd.writers {
            let why = format!("of {} {name} {} had read before the first wrote", crowd.writers, crowd.held);
            return Finding::unproven(claim, expected, why);
        }
    }
    if loses.lost() == 0 {
        return Finding::unproven(
            claim,
            expected,
            "without isolation nothing was lost: the race is not calibrated",
        );
    }
    let whole = own.lost() == 0 && own.entries.is_none_or(|entries| own.before + entries == own.after);
    if whole && own.gave_up.is_empty() && refusals == 0 {
        return Finding::unproven(claim, expected, format!("no {REFUSED} was seen: {observed}"));
    }
    Finding::judge(claim, whole && own.gave_up.is_empty(), expected, observed)
        .witnessed(format!("{} writers had read the same balance before the first wrote", own.held))
        .witnessed(format!(
            "without isolation, in the same set-up: {}, {} lost",
            seen.money(loses.after),
            seen.money(loses.lost())
        ))
}

/// Why the conflict did not come about, if it did not.
fn not_raced(seen: &Seen, own: &Forced) -> Option<String> {
    match own.held {
        Held::Overtaken if own.between == own.before + RIVAL => None,
        Held::Overtaken => Some(format!(
            "{} was to add {}, and the balance went from {} to {}",
            seen.rival,
            seen.money(RIVAL),
            seen.money(own.before),
            seen.money(own.between)
        )),
        Held::Blocking => {
            Some(format!("{} had to wait for the transaction: it locks what it reads", seen.rival))
        }
        Held::Never => Some(match &own.gave_up {
            Some(why) => format!("it ended before it wrote: {why}"),
            None => "it wrote nothing that could be held".into(),
        }),
    }
}

fn not_calibrated(seen: &Seen, loses: &Forced) -> Option<String> {
    let why = match (not_raced(seen, loses), loses.lost()) {
        (Some(why), _) => why,
        (None, 0) => "nothing was lost".into(),
        (None, _) => return None,
    };
    Some(format!("the race is not calibrated; without isolation: {why}"))
}

fn lost_without(seen: &Seen, loses: &Forced) -> String {
    format!(
        "without isolation, in the same set-up: {}, {} lost",
        seen.money(loses.after),
        seen.money(loses.lost())
    )
}

fn refused(attempts: &[Attempt]) -> usize {
    attempts.iter().filter(|attempt| attempt.end == End::Refused(REFUSED.into())).count()
}

/// The attempts in their order, with the other writer's commit behind the first read.
fn story(seen: &Seen, forced: &Forced) -> String {
    let mut told = Vec::new();
    for (attempt, n) in forced.attempts.iter().zip(1..) {
        let read = attempt.read.map_or_else(|| "something".into(), |read| seen.money(read));
        let overtaken = match (n, forced.held) {
            (1, Held::Overtaken) => format!(", {} +{} committed", seen.rival, seen.money(RIVAL)),
            _ => String::new(),
        };
        let word = if n == 1 { "Attempt" } else { "attempt" };
        told.push(format!("{word} {n} read {read}{overtaken}, {}", attempt.end));
    }
    if told.is_empty() { "No attempt was seen".into() } else { told.join("; ") }
}
