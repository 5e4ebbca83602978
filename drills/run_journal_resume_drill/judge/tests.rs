//! The judge's edge cases.

use sor_gate::effects::Counts;
use sor_gate::fault::sweep::{Blow, Struck, Sweep};
use sor_gate::subject::{Effect, Guarantee};
use sor_gate::verdict::Verdict;

use super::super::observed::{RunState, Turn};
use super::super::repeats::Repeats;
use super::*;

fn journal(status: &str, turns: &[&str]) -> RunState {
    let turn = |(ordinal, status): (i64, &&str)| Turn {
        ordinal,
        status: (*status).into(),
        digest: format!("{ordinal} {status}"),
    };
    RunState {
        status: status.into(),
        finished: status != "running",
        turns: (1..).zip(turns).map(turn).collect(),
    }
}

fn effects(turns: &[(i64, i64)]) -> Counts {
    turns.iter().map(|(turn, times)| ((turn.to_string(), "row".to_owned()), *times)).collect()
}

fn kill() -> Kill {
    Kill { landed: true, status: "9".into(), mid_turn: true, journal: journal("running", &["done", "open"]) }
}

fn whole() -> Outcome {
    let ended = Ended { worker: "B".into(), code: Some(0), last_line: String::new() };
    let journal = journal("complete", &["done", "done", "done"]);
    Outcome { ended, journal, effects: effects(&[(1, 1), (2, 1), (3, 1)]), deliveries: None }
}

fn seen() -> Seen {
    let left = vec![Ended { worker: "C".into(), code: Some(75), last_line: String::new() }];
    let struck = |blow, stands_for| {
        let place = "before message 1".into();
        Struck { blow, place, stands_for, landed: true, wrong: vec![] }
    };
    let others = [Blow::SecondKill, Blow::ServerCrash, Blow::SecondServerCrash].map(|blow| struck(blow, 0));
    let struck = [struck(Blow::Kill, 2)].into_iter().chain(others).collect();
    let sweep = Sweep {
        boundaries: 2,
        replies_lost: 1,
        by_the_proxy: true,
        sampled: false,
        server_is_ours: true,
        left_out: 0,
        struck,
    };
    let zombie = Zombie { frozen: true, at_freeze: kill().journal, before: whole(), after: whole(), sent: 9 };
    Seen {
        sweep,
        unstruck: whole(),
        zombie,
        turns: 3,
        held_exit_codes: vec![75],
        control: whole(),
        crashed: Crashed { kill: kill(), end: whole(), took: 30.5 },
        two: TwoResumers { kill: kill(), at_work: 1, left, stopped: Vec::new(), end: whole() },
        twice: CrashedTwice { first: kill(), second: kill(), end: whole() },
        resume_s: None,
        repeats: Repeats::default(),
    }
}

fn red(seen: &Seen) -> Vec<(String, Verdict)> {
    let red = judge(seen).into_iter().filter(|finding| finding.verdict != Verdict::Pass);
    red.map(|finding| (finding.claim, finding.verdict)).collect()
}

#[test]
fn what_should_be_is_green_and_a_kill_that_missed_is_not_proven() {
    assert_eq!(red(&seen()), []);
    let mut missed = seen();
    missed.crashed.kill.mid_turn = false;
    assert!(red(&missed).iter().all(|(_, verdict)| *verdict == Verdict::Error));
    assert_eq!(red(&missed).len(), 4);
    let mut empty = seen();
    empty.control.effects.clear();
    assert!(red(&empty).iter().all(|(_, verdict)| *verdict == Verdict::Error));
}

#[test]
fn a_doubled_effect_is_red_where_its_turn_stood_at_the_kill() {
    for (turn, claim) in [(1, "resumes_at_gap"), (2, "exactly_once_effects"), (3, "exactly_once_effects")] {
        let mut doubled = seen();
        doubled.crashed.end.effects.insert((turn.to_string(), "row".into()), 2);
        assert_eq!(red(&doubled), [(claim.to_owned(), Verdict::Fail)], "turn {turn}");
    }
}

/// The effect `row` promised at least once.
fn at_least_once() -> Repeats {
    let effects = &[Effect {
        table: "row".into(),
        run: String::new(),
        turn: String::new(),
        on: None,
        when: None,
        name: None,
        guarantee: Guarantee::AtLeastOnce,
    }];
    Repeats::declared(effects, Guarantee::ExactlyOnce)
}

#[test]
fn an_effect_promised_at_least_once_may_repeat_where_its_turn_stood_at_the_kill_and_nowhere_else() {
    let with = |turn: i64, once: i64, twice: i64, woken: i64| {
        let mut seen = Seen { repeats: at_least_once(), ..seen() };
        let key = (turn.to_string(), "row".to_owned());
        seen.crashed.end.effects.insert(key.clone(), once);
        seen.twice.end.effects.insert(key.clone(), twice);
        seen.zombie.after.effects.insert(key, woken);
        red(&seen).into_iter().map(|(claim, _)| claim).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(with(2, 2, 3, 2), none);
    assert_eq!(with(2, 3, 4, 3), ["exactly_once_effects", "crash_while_resuming", "zombie_fenced"]);
    assert_eq!(with(1, 2, 2, 2), ["resumes_at_gap", "crash_while_resuming", "zombie_fenced"]);
    assert_eq!(with(3, 2, 2, 2), ["exactly_once_effects", "crash_while_resuming", "zombie_fenced"]);
}

#[test]
fn a_sweep_must_reach_every_boundary() {
    let with = |change: &dyn Fn(&mut Seen)| {
        let mut seen = seen();
        change(&mut seen);
        every_crash_point(&seen).verdict
    };
    assert_eq!(with(&|_| {}), Verdict::Pass);
    assert_eq!(with(&|seen| seen.sweep.boundaries = 3), Verdict::Error);
    assert_eq!(with(&|seen| seen.sweep.struck[2].landed = false), Verdict::Error);
    assert_eq!(with(&|seen| seen.sweep.struck[2].wrong.push("twice".into())), Verdict::Fail);
    assert_eq!(with(&|seen| seen.unstruck.effects.clear()), Verdict::Error);
}

#[test]
fn a_zombie_that_did_nothing_proves_nothing() {
    let mut idle = seen();
    idle.zombie.sent = 0;
    assert_eq!(zombie_fenced(&idle).verdict, Verdict::Error);
    let mut wrote = seen();
    wrote.zombie.after.effects.insert(("2".into(), "row".into()), 2);
    assert_eq!(zombie_fenced(&wrote).verdict, Verdict::Fail);
    let mut awake = seen();
    awake.zombie.frozen = false;
    assert_eq!(zombie_fenced(&awake).verdict, Verdict::Error);
}

#[test]
fn a_turn_on_paper_is_lost() {
    let mut lost = seen();
    lost.crashed.end.effects.remove(&("2".into(), "row".into()));
    assert_eq!(red(&lost)[0], ("no_lost_turn".into(), Verdict::Fail));
    let mut gap = seen();
    gap.crashed.end.journal.turns.remove(1);
    assert_eq!(red(&gap), [("no_lost_turn".into(), Verdict::Fail)]);
}

#[test]
fn a_run_that_is_complete_too_late_is_red_with_its_time() {
    let within = |seconds| red(&Seen { resume_s: Some(seconds), ..seen() });
    assert_eq!(within(31), []);
    assert_eq!(within(30), [("no_lost_turn".into(), Verdict::Fail)]);
    let told = no_lost_turn(&Seen { resume_s: Some(30), ..seen() }).observed;
    assert!(told.contains("30.5 s after the kill, and policy.resume_s allows 30 s"), "{told}");
}

#[test]
fn two_at_work_or_an_impolite_second_fails_and_a_missing_one_is_not_proven() {
    let with = |at_work, left: Vec<Option<i32>>| {
        let mut seen = seen();
        let ended = |code| Ended { worker: "C".into(), code, last_line: String::new() };
        (seen.two.at_work, seen.two.left) = (at_work, left.into_iter().map(ended).collect());
        one_resumer(&seen).verdict
    };
    assert_eq!(with(1, vec![Some(0)]), Verdict::Pass);
    assert_eq!(with(2, vec![]), Verdict::Fail);
    assert_eq!(with(1, vec![Some(1)]), Verdict::Fail);
    assert_eq!(with(1, vec![None]), Verdict::Fail);
    assert_eq!(with(1, vec![]), Verdict::Error);
    assert_eq!(with(0, vec![Some(75), Some(75)]), Verdict::Fail);
}

#[test]
fn one_that_goes_on_for_ever_leaves_the_run_alone_by_doing_nothing() {
    let with = |at_work, stopped: Vec<Option<i32>>| {
        let mut seen = seen();
        let ended = |code| Ended { worker: "C".into(), code, last_line: String::new() };
        (seen.two.at_work, seen.two.left) = (at_work, Vec::new());
        seen.two.stopped = stopped.into_iter().map(ended).collect();
        one_resumer(&seen).verdict
    };
    assert_eq!(with(1, vec![Some(0), Some(0)]), Verdict::Pass);
    assert_eq!(with(1, vec![Some(0), Some(75)]), Verdict::Pass);
    assert_eq!(with(1, vec![Some(0)]), Verdict::Error);
    assert_eq!(with(1, vec![Some(0), None]), Verdict::Error);
    assert_eq!(with(2, vec![Some(0), Some(0)]), Verdict::Fail);
}
