//! Turns what was seen of the crashed runs into findings.

mod seen;
#[cfg(test)]
mod tests;
mod wire;

use sor_gate::verdict::Finding;

use super::observed::{Ended, Kill, Outcome};
use super::repeats::{differences, told};
pub use seen::{Crashed, CrashedTwice, Seen, TwoResumers, Zombie};
use wire::{every_crash_point, zombie_fenced};

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        crash_signature(&seen.crashed.kill),
        resumes_at_gap(seen),
        no_lost_turn(seen),
        exactly_once_effects(seen),
        every_crash_point(seen),
        one_resumer(seen),
        crash_while_resuming(seen),
        zombie_fenced(seen),
    ]
}

/// What makes every later claim empty: an uncrashed run that is not whole or leaves nothing to count.
fn control_fails(seen: &Seen) -> Option<String> {
    if !seen.control.journal.is_whole(seen.turns) {
        let Outcome { journal, ended, .. } = &seen.control;
        return Some(format!(
            "the run that nobody killed is not whole: {}; {}",
            journal.tell(),
            ended.tell()
        ));
    }
    seen.control.effects.is_empty().then(|| "the run that nobody killed left no effect to count".into())
}

fn crash_signature(kill: &Kill) -> Finding {
    let claim = "crash_signature";
    let expected = "status running, finished_at NULL, the killed turn not done";
    if let Some(miss) = kill.miss() {
        return Finding::unproven(claim, expected, miss);
    }
    let journal = &kill.journal;
    let holds = journal.status == "running" && !journal.finished && journal.at_gap() != "failed";
    let finished = if journal.finished { "set" } else { "NULL" };
    let observed = format!(
        "status {}, finished_at {finished}, turn {} {}",
        journal.status,
        journal.gap(),
        journal.at_gap()
    );
    Finding::judge(claim, holds, expected, observed).witnessed(kill.witness())
}

/// The finished turns of a crashed run that changed afterwards or took effect again.
pub fn touched_again(seen: &Seen, kill: &Kill, end: &Outcome) -> Vec<String> {
    let done = kill.journal.done();
    let changed = done.iter().filter(|turn| kill.journal.digest(**turn) != end.journal.digest(**turn));
    let mut wrong: Vec<String> =
        changed.map(|turn| format!("the row of turn {turn} is not the one it was")).collect();
    let of_done = |turn: &str| turn.parse().is_ok_and(|turn| done.contains(&turn));
    wrong.extend(differences(&seen.control.effects_of(of_done), &end.effects_of(of_done)));
    wrong
}

fn resumes_at_gap(seen: &Seen) -> Finding {
    let (claim, Crashed { kill, end, .. }) = ("resumes_at_gap", &seen.crashed);
    let gap = kill.journal.gap();
    let expected = format!("resumed at turn {gap}; earlier rows the same, their effects once");
    if let Some(why) = kill.miss().or_else(|| control_fails(seen)) {
        return Finding::unproven(claim, expected, why);
    }
    if gap < 2 {
        return Finding::unproven(claim, expected, "no turn was finished before the kill");
    }
    let wrong = touched_again(seen, kill, end);
    let observed = match wrong.is_empty() {
        true => format!("resumed at turn {gap}; {} finished turns untouched", gap - 1),
        false => wrong.join("; "),
    };
    Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(kill.witness())
        .witnessed(format!("the next Worker: {}", end.ended.tell()))
}

fn no_lost_turn(seen: &Seen) -> Finding {
    let (claim, Crashed { kill, end, took }) = ("no_lost_turn", &seen.crashed);
    let within = seen.resume_s.map(|seconds| format!(", within {seconds} s")).unwrap_or_default();
    let expected = format!("complete, turns 1 to {} done, each with its effects{within}", seen.turns);
    if let Some(why) = kill.miss().or_else(|| control_fails(seen)) {
        return Finding::unproven(claim, expected, why);
    }
    let mut observed = end.journal.tell();
    let lost = missing(&seen.control, end);
    if !lost.is_empty() {
        observed = format!("{observed}; without effect: {}; {}", lost.join(", "), end.ended.tell());
    } else if !end.journal.is_whole(seen.turns) {
        observed = format!("{observed}; {}", end.ended.tell());
    }
    if let Some(seconds) = seen.resume_s {
        observed = format!("{observed}; {took:.1} s after the kill, and policy.resume_s allows {seconds} s");
    }
    let in_time = seen.resume_s.is_none_or(|seconds| *took <= f64::from(seconds));
    let whole = end.journal.is_whole(seen.turns) && lost.is_empty();
    Finding::judge(claim, whole && in_time, expected, observed).witnessed(kill.witness())
}

/// The effects of the control run that the other run lacks.
fn missing(control: &Outcome, other: &Outcome) -> Vec<String> {
    let lacks = control.effects.iter().filter(|(key, n)| other.effects.get(*key).unwrap_or(&0) < *n);
    lacks.map(|((turn, effect), _)| format!("turn {turn} ({effect})")).collect()
}

fn exactly_once_effects(seen: &Seen) -> Finding {
    let (claim, Crashed { kill, end, .. }) = ("exactly_once_effects", &seen.crashed);
    let done = kill.journal.done();
    let expected = "effects from the killed turn on, and deliveries, as in a run that nobody killed";
    if let Some(why) = kill.miss().or_else(|| control_fails(seen)) {
        return Finding::unproven(claim, expected, why);
    }
    // Those of turns finished before the kill are the business of `resumes_at_gap`.
    let later = |turn: &str| !turn.parse().is_ok_and(|turn| done.contains(&turn));
    let (control, effects) = (seen.control.effects_of(later), end.effects_of(later));
    let mut wrong = seen.repeats.differences(&control, &[&kill.journal], &effects);
    if !seen.repeats.delivered(&seen.control, end) {
        wrong.push(format!("deliveries {:?}, not {:?}", end.deliveries, seen.control.deliveries));
    }
    let total: i64 = end.effects.values().sum();
    let sent = end.deliveries.as_ref().map_or(String::new(), |seen| {
        format!(", {} queued, {} delivered, {} effective", seen.queued, seen.arrived, seen.effective)
    });
    let observed = match wrong.is_empty() {
        true => {
            format!("{total} effects in the harness's ledger, {}{sent}", told(&control, &effects))
        }
        false => wrong.join("; "),
    };
    Finding::judge(claim, wrong.is_empty(), expected, observed).witnessed(kill.witness()).witnessed(format!(
        "{} kinds of effects were counted in the uncrashed run",
        seen.control.effects.len()
    ))
}

fn one_resumer(seen: &Seen) -> Finding {
    let (claim, two) = ("one_resumer", &seen.two);
    let expected = "of two Workers one resumes, the other leaves the run alone";
    if let Some(why) = two.kill.miss() {
        return Finding::unproven(claim, expected, why);
    }
    let fine =
        |ended: &&Ended| ended.code.is_some_and(|code| code == 0 || seen.held_exit_codes.contains(&code));
    let polite = two.left.iter().filter(fine).count();
    let holds = two.at_work == 1 && polite == two.left.len() && two.end.journal.is_whole(seen.turns);
    let left: Vec<String> = two.left.iter().map(Ended::tell).collect();
    let left = if left.is_empty() { "no other ended".into() } else { left.join(", ") };
    let observed = format!("{} at work at once; {left}; {}", two.at_work, two.end.journal.tell());
    if holds && two.left.is_empty() && two.stopped.len() == 2 && two.stopped.iter().all(|ended| fine(&ended))
    {
        return Finding::judge(claim, true, expected, format!("one at work; {}", two.end.journal.tell())).witnessed(
            "both were started at once, and while the hold kept the one that resumed in mid-turn, the other did nothing; both \
             went on until they were told to stop at the end of the run",
        );
    }
    if holds && two.left.is_empty() {
        return Finding::unproven(
            claim,
            expected,
            format!("the other Worker neither worked nor left: {observed}"),
        );
    }
    Finding::judge(claim, holds, expected, observed)
        .witnessed("both were started at once, and the hold kept the one that resumed in mid-turn until the other had ended")
}

fn crash_while_resuming(seen: &Seen) -> Finding {
    let (claim, twice) = ("crash_while_resuming", &seen.twice);
    let expected = "after a second kill, during the resume: complete, nothing lost, nothing doubled";
    let miss = twice.first.miss().or_else(|| twice.second.miss()).or_else(|| control_fails(seen));
    if let Some(why) = miss {
        return Finding::unproven(claim, expected, why);
    }
    let struck = [&twice.first.journal, &twice.second.journal];
    let mut wrong = seen.repeats.differences(&seen.control.effects, &struck, &twice.end.effects);
    wrong.extend(
        touched_again(seen, &twice.first, &twice.end).into_iter().filter(|text| text.contains("row")),
    );
    if !twice.end.journal.is_whole(seen.turns) {
        wrong.push(format!("{}; {}", twice.end.journal.tell(), twice.end.ended.tell()));
    }
    let observed = match wrong.is_empty() {
        true => {
            format!("complete, effects {}", told(&seen.control.effects, &twice.end.effects))
        }
        false => wrong.join("; "),
    };
    Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(format!("first: {}", twice.first.witness()))
        .witnessed(format!("second: {}", twice.second.witness()))
}
