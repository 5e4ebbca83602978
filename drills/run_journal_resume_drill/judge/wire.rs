//! The claims that are put to the test on the wire.

use sor_gate::verdict::Finding;

use super::super::observed::differences;
use super::{Seen, Struck};

pub fn every_crash_point(seen: &Seen) -> Finding {
    let (claim, sweep) = ("every_crash_point", &seen.sweep);
    let expected = "killed at every message boundary: whole in the end, each effect once";
    if !sweep.control.journal.is_whole(seen.turns) || sweep.control.effects.is_empty() {
        let why = format!(
            "the run that nobody killed: {}; {}",
            sweep.control.journal.tell(),
            sweep.control.ended.tell()
        );
        return Finding::unproven(claim, expected, why);
    }
    let (landed, missed): (Vec<&Struck>, Vec<&Struck>) =
        sweep.struck.iter().partition(|struck| struck.landed);
    let wrong: Vec<String> = landed
        .iter()
        .filter(|struck| !struck.wrong.is_empty())
        .map(|struck| format!("{}: {}", struck.place, struck.wrong.join(", ")))
        .collect();
    let covered: u64 = landed.iter().map(|struck| struck.covers.1 + 1 - struck.covers.0).sum();
    let points = format!("{} kills, standing for {covered} of {} boundaries", landed.len(), sweep.boundaries);
    if let (Some(first), false) = (wrong.first(), landed.is_empty()) {
        let observed = format!("{points}; {} of them went wrong, the first {first}", wrong.len());
        return Finding::judge(claim, false, expected, observed).witnessed(points);
    }
    if !missed.is_empty() || landed.is_empty() || covered != sweep.boundaries as u64 {
        let places: Vec<&str> = missed.iter().take(3).map(|struck| struck.place.as_str()).collect();
        return Finding::unproven(claim, expected, format!("{points}; not reached: {}", places.join(", ")));
    }
    Finding::judge(claim, true, expected, format!("{points}; all whole, each effect once"))
        .witnessed(format!(
            "at each point the wire proxy held the message while the process group got SIGKILL; {} times a statement \
             was done and its answer lost",
            sweep.replies_lost
        ))
        .witnessed("boundaries within one transaction, or with no statement between them, leave the same state: one kill stands for them")
}

pub fn zombie_fenced(seen: &Seen) -> Finding {
    let (claim, zombie) = ("zombie_fenced", &seen.zombie);
    let expected = "a Worker that wakes up after another has finished its run changes nothing";
    if !zombie.frozen {
        let why = format!("no Worker could be frozen in an open turn: {}", zombie.at_freeze.tell());
        return Finding::unproven(claim, expected, why);
    }
    let mut wrong = differences(&zombie.before.effects, &zombie.after.effects);
    if zombie.before.journal != zombie.after.journal {
        wrong.push(format!("{} became {}", zombie.before.journal.tell(), zombie.after.journal.tell()));
    }
    let finished = zombie.before.journal.turns.iter().all(|turn| turn.status == "done");
    let woken = zombie.after.ended.tell();
    let observed = match wrong.is_empty() {
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
