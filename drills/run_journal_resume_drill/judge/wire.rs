//! The claims that are put to the test on the wire.

use sor_gate::verdict::Finding;

use super::super::observed::Outcome;
use super::Seen;

pub fn every_crash_point(seen: &Seen) -> Finding {
    let claim = "every_crash_point";
    let expected = "killed, killed again, or without its server at every message boundary: whole in the end, each effect once";
    let Outcome { journal, effects, ended, .. } = &seen.unstruck;
    if !journal.is_whole(seen.turns) || effects.is_empty() {
        let why = format!("the run that nothing struck: {}; {}", journal.tell(), ended.tell());
        return Finding::unproven(claim, expected, why);
    }
    seen.sweep.finding(claim, expected)
}

pub fn zombie_fenced(seen: &Seen) -> Finding {
    let (claim, zombie) = ("zombie_fenced", &seen.zombie);
    let expected = "a Worker that wakes up after another has finished its run changes nothing";
    if !zombie.frozen {
        let why = format!("no Worker could be frozen in an open turn: {}", zombie.at_freeze.tell());
        return Finding::unproven(claim, expected, why);
    }
    let (before, after) = (&zombie.before.effects, &zombie.after.effects);
    let mut wrong = seen.repeats.late(&seen.control.effects, &zombie.at_freeze, before, after);
    if zombie.before.journal != zombie.after.journal {
        wrong.push(format!("{} became {}", zombie.before.journal.tell(), zombie.after.journal.tell()));
    }
    let finished = zombie.before.journal.turns.iter().all(|turn| turn.status == "done");
    let woken = zombie.after.ended.tell();
    let observed = match wrong.is_empty() {
        true if before != after => {
            format!(
                "no more than a repeat of the turn in flight, promised at least once; the zombie, {woken}"
            )
        }
        true => format!("nothing changed; the zombie, {woken}"),
        false => format!("{}; the zombie, {woken}", wrong.join("; ")),
    };
    if wrong.is_empty() && (!finished || zombie.sent == 0) {
        let why = format!(
            "the other Worker: {}, {}; messages of the zombie after it woke up: {}",
            zombie.before.ended.tell(),
            zombie.before.journal.tell(),
            zombie.sent
        );
        return Finding::unproven(claim, expected, why);
    }
    Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(format!("frozen by SIGSTOP between two transactions: {}", zombie.at_freeze.tell()))
        .witnessed(format!("meanwhile {}", zombie.before.ended.tell()))
        .witnessed(format!("after SIGCONT {} messages passed between it and Postgres", zombie.sent))
}
