//! The judge's edge cases.

use sor_gate::interleaving::{Performed, StepOutcome};
use sor_gate::verdict::Verdict;

use super::*;

fn got(id: &str) -> Attempt {
    Attempt::Claimed(id.split(' ').map(str::to_owned).collect())
}

fn pair(second: &str, waited: bool, calibration: Option<Calibration>) -> Pair {
    let (first, second) = (got("1"), got(second));
    Pair { first, second, waited, open: !waited, lock_timeout: "0".into(), calibration }
}

#[test]
fn the_pair() {
    let calibration =
        |waited, took| Some(Calibration { without: Protection::Lock, waited, took, held: got("1") });
    let good = || calibration(true, got("1"));
    assert_eq!(exclusive(&pair("2", false, good())).verdict, Verdict::Pass);
    assert_eq!(exclusive(&pair("1", true, None)).verdict, Verdict::Fail);
    let blunt = calibration(true, got("3"));
    assert_eq!(exclusive(&pair("2", false, blunt)).verdict, Verdict::Error);
    assert_eq!(no_wait(&pair("2", true, None)).verdict, Verdict::Fail);
    assert_eq!(no_wait(&pair("2", false, good())).verdict, Verdict::Pass);
    let blind = calibration(false, got("1"));
    assert_eq!(no_wait(&pair("2", false, blind)).verdict, Verdict::Error);
}

#[test]
fn batches_that_share_a_row_are_no_claims_of_their_own() {
    let batches = |first, second| exclusive(&Pair { first: got(first), ..pair(second, false, None) }).verdict;
    assert_eq!(batches("1 2 3", "4 5"), Verdict::Pass);
    assert_eq!(batches("1 2 3", "4 3"), Verdict::Fail);
    let held =
        |took| Calibration { without: Protection::Lock, waited: true, took: got(took), held: got("1 2") };
    assert_eq!(exclusive(&pair("3 4", false, Some(held("2 1")))).verdict, Verdict::Pass);
    assert_eq!(exclusive(&pair("3 4", false, Some(held("5 6")))).verdict, Verdict::Error);
}

#[test]
fn a_batch_counts_row_by_row() {
    let entry = |worker, kind| Operation { worker, deed: Deed::Claim, kind };
    let claim = |worker, ids| [entry(worker, Kind::Invoke), entry(worker, Kind::Ok(got(ids).ids().to_vec()))];
    let rows = ["1", "2", "3", "4"].map(str::to_owned);
    let tally = Tally::of(&rows, 2, &[claim(0, "1 2"), claim(1, "2 3")].concat());
    assert_eq!((tally.least, tally.most, tally.claims), (2, 2, 2));
    assert_eq!((tally.twice, tally.never), (vec!["2".to_owned()], vec!["4".to_owned()]));
}

/// A history of claims, each with its row, done at once.
fn worked(claims: &[(usize, &str)]) -> Vec<Operation> {
    let entry = |worker, deed, kind| Operation { worker, deed, kind };
    let each = |(worker, id): &(usize, &str)| {
        let (worker, row) = (*worker, vec![(*id).to_owned()]);
        let done = Deed::Done((*id).to_owned());
        [
            entry(worker, Deed::Claim, Kind::Invoke),
            entry(worker, Deed::Claim, Kind::Ok(row.clone())),
            entry(worker, done.clone(), Kind::Invoke),
            entry(worker, done, Kind::Ok(row)),
        ]
    };
    claims.iter().flat_map(each).collect()
}

fn seen(history: Vec<Operation>, left: &[&str]) -> Fleet {
    let rows = ["1", "2", "3"].map(str::to_owned).to_vec();
    let left = left.iter().map(ToString::to_string).collect();
    Fleet { workers: 2, rows, history, left, held: true }
}

#[test]
fn the_fleet() {
    let verdict = |claims: &[(usize, &str)], left: &[&str]| fleet(&seen(worked(claims), left)).verdict;
    assert_eq!(verdict(&[(0, "1"), (1, "2"), (0, "3")], &[]), Verdict::Pass);
    assert_eq!(verdict(&[(0, "1"), (1, "2"), (0, "3")], &["3"]), Verdict::Fail, "left");
    assert_eq!(verdict(&[(0, "1"), (1, "2"), (0, "2"), (1, "3")], &[]), Verdict::Fail, "twice");
    assert_eq!(verdict(&[(0, "1"), (1, "2")], &[]), Verdict::Fail, "never");
    assert_eq!(verdict(&[(0, "1"), (0, "2"), (0, "3")], &[]), Verdict::Fail, "starved");
}

#[test]
fn an_end_that_is_not_known_is_no_pass_and_hides_no_double_claim() {
    let lost = |mut history: Vec<Operation>| {
        history.push(Operation { worker: 1, deed: Deed::Claim, kind: Kind::Invoke });
        history.push(Operation {
            worker: 1,
            deed: Deed::Claim,
            kind: Kind::Info("connection closed".into()),
        });
        fleet(&seen(history, &[]))
    };
    let unknown = lost(worked(&[(0, "1"), (1, "2"), (0, "3")]));
    assert_eq!(unknown.verdict, Verdict::Error);
    assert!(unknown.observed.contains("connection closed"), "{}", unknown.observed);
    assert_eq!(lost(worked(&[(0, "1"), (1, "1"), (0, "2"), (0, "3")])).verdict, Verdict::Fail);
}

#[test]
fn first_claims_that_were_not_open_at_one_moment_prove_nothing() {
    let apart = Fleet { held: false, ..seen(worked(&[(0, "1"), (1, "2"), (0, "3")]), &[]) };
    assert_eq!(fleet(&apart).verdict, Verdict::Error);
}

#[test]
fn a_claimer_that_was_not_killed_or_held_nothing_proves_nothing() {
    let dead = || Dead {
        held: vec!["1".into()],
        landed: true,
        killed: "signal: 9 (SIGKILL)".into(),
        at_once: Attempt::Empty,
        later: got("1"),
        back: Some(30.0),
        aged: 30.0,
        took: 0.1,
        bound: 30.0,
        allowed: None,
    };
    assert_eq!(dead_claimer(&dead()).verdict, Verdict::Pass);
    assert_eq!(dead_claimer(&Dead { later: Attempt::Empty, back: None, ..dead() }).verdict, Verdict::Fail);
    let batch = || vec!["1".into(), "2".into()];
    let half = Dead { held: batch(), later: got("1"), back: None, ..dead() };
    assert_eq!(dead_claimer(&half).verdict, Verdict::Fail, "one of two");
    let within = |allowed| dead_claimer(&Dead { allowed: Some(allowed), ..dead() });
    assert_eq!(within(30.0).verdict, Verdict::Pass);
    assert_eq!(within(10.0).verdict, Verdict::Fail);
    assert!(within(10.0).observed.contains("30.0 s after the kill"), "{}", within(10.0).observed);
    assert_eq!(dead_claimer(&Dead { landed: false, ..dead() }).verdict, Verdict::Error);
    assert_eq!(dead_claimer(&Dead { held: Vec::new(), ..dead() }).verdict, Verdict::Error);
}

#[test]
fn orders_without_overlap_and_a_queue_that_never_held_anything_prove_nothing() {
    assert_eq!(all_interleavings(&[], false).verdict, Verdict::Error);
    assert_eq!(empty_queue(&Attempt::Empty, &seen(worked(&[(0, "1")]), &[])).verdict, Verdict::Pass);
    assert_eq!(empty_queue(&Attempt::Empty, &seen(vec![], &[])).verdict, Verdict::Error);
}

/// Both claimed row 1; A then ended its transaction in this step, which was tried so often and answered this.
fn both_claimed(a_step: &str, attempts: u32, answered: Option<&str>) -> History {
    let row = |id: Option<&str>| StepOutcome::Done {
        names: vec!["id".into()],
        rows: id.map(|id| vec![Some(id.to_owned())]).into_iter().collect(),
        affected: 1,
    };
    let step = |session: &str, step: &str, place, outcome, attempts| Performed {
        session: session.into(),
        step: step.into(),
        begun: place,
        ended: place,
        blocked_by: vec![],
        outcome,
        attempts,
    };
    let steps = vec![
        step("A", "claim", 0, row(Some("1")), 1),
        step("B", "claim", 1, row(Some("1")), 1),
        step("B", "end", 2, row(None), 1),
        step("A", a_step, 3, row(answered), attempts),
    ];
    History { order: vec![], steps, observed: None }
}

#[test]
fn a_claim_that_holds_from_its_commit_on_may_be_answered_twice() {
    assert_eq!(double(&both_claimed("end", 1, None), true), Some("1"));
    assert_eq!(double(&both_claimed("end", 2, Some("1")), true), Some("1"));
    assert_eq!(double(&both_claimed("end", 2, Some("2")), true), None);
    assert_eq!(double(&both_claimed("end", 2, None), true), None, "it found nothing the second time");
    assert_eq!(double(&both_claimed("give back", 1, None), true), None);
    assert_eq!(
        double(&both_claimed("give back", 1, None), false),
        Some("1"),
        "under a lock the answer counts"
    );
}

#[test]
fn without_its_isolation_the_claim_must_take_what_a_held() {
    let calibration =
        |took| Calibration { without: Protection::Isolation, waited: false, took: got(took), held: got("2") };
    assert_eq!(exclusive(&pair("2", false, Some(calibration("2")))).verdict, Verdict::Pass);
    assert_eq!(exclusive(&pair("2", false, Some(calibration("3")))).verdict, Verdict::Error);
    assert_eq!(no_wait(&pair("2", false, Some(calibration("2")))).verdict, Verdict::Pass);
}
