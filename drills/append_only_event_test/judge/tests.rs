//! The edge cases of the judge.

use std::collections::BTreeMap;

use sor_gate::session::{Outcome, Refusal, Rows};
use sor_gate::verdict::Verdict;

use super::*;

fn refusal(sqlstate: &str, message: &str) -> Outcome {
    Outcome::Refused(Refusal {
        sqlstate: sqlstate.into(),
        message: message.into(),
        table: None,
        column: None,
        constraint: None,
        context: None,
    })
}

fn appended(added: u64) -> Append {
    Append { outcome: Outcome::Done(Rows::default()), added, id: "1".into() }
}

fn verdict(outcome: Outcome, changed: bool) -> Verdict {
    let guard =
        Guard { table: "events".into(), triggers: vec!["no_change".into()], refusals: vec!["P0042".into()] };
    let attempt = Attempt { outcome, changed, ..Attempt::on("UPDATE".into(), "events") };
    guard::refused("update_refused", &[attempt], &guard, &appended(1)).verdict
}

#[test]
fn a_refusal_is_known_by_its_state_and_its_author() {
    assert_eq!(verdict(refusal("42501", "permission denied for table events"), false), Verdict::Pass);
    assert_eq!(verdict(refusal("42501", "permission denied for table old_events"), false), Verdict::Error);
    assert_eq!(verdict(refusal("42501", "must be superuser to alter superusers"), false), Verdict::Pass);
    assert_eq!(verdict(refusal("P0001", "refused by no_change"), false), Verdict::Pass);
    assert_eq!(verdict(refusal("P0001", "go away"), false), Verdict::Error);
    assert_eq!(verdict(refusal("P0042", "go away"), false), Verdict::Pass);
    assert_eq!(verdict(refusal("25P02", "current transaction is aborted"), false), Verdict::Error);
    assert_eq!(verdict(refusal("42501", "permission denied for table events"), true), Verdict::Fail);
    assert_eq!(verdict(Outcome::Done(Rows::default()), false), Verdict::Fail);
}

#[test]
fn without_its_control_a_refusal_proves_nothing() {
    let guard = Guard { table: "events".into(), triggers: vec![], refusals: vec![] };
    let attempt = || Attempt {
        outcome: refusal("42501", "denied for table events"),
        ..Attempt::on("DELETE".into(), "events")
    };
    assert_eq!(guard::refused("x", &[attempt()], &guard, &appended(0)).verdict, Verdict::Error);
    assert_eq!(guard::refused("x", &[], &guard, &appended(1)).verdict, Verdict::Fail);
    assert_eq!(guard::refused("x", &[attempt()], &guard, &appended(1)).verdict, Verdict::Pass);
}

fn told(id: &str, thing: &str, state: &str) -> Told {
    Told { id: id.into(), text: "It was so.".into(), fact: Some((thing.into(), state.into())) }
}

#[test]
fn the_last_event_by_number_decides() {
    let snapshot = || BTreeMap::from([("run".to_owned(), "complete".to_owned())]);
    let replay = |events| history::replay(&Replay::new(events, snapshot(), None)).verdict;
    assert_eq!(replay(vec![told("10", "run", "complete"), told("9", "run", "running")]), Verdict::Pass);
    assert_eq!(replay(vec![told("10", "run", "running"), told("9", "run", "complete")]), Verdict::Fail);
    assert_eq!(replay(vec![told("9", "run", "complete"), told("10", "expense", "1")]), Verdict::Fail);
    assert_eq!(replay(vec![]), Verdict::Error);
}

#[test]
fn a_gap_that_nobody_could_fall_into_is_not_proven() {
    let gap = |missed: &[&str], naive_missed| Gap {
        ids: vec!["1".into(), "2".into()],
        missed: missed.iter().map(|id| (*id).to_owned()).collect(),
        naive_missed,
        ..Gap::default()
    };
    assert_eq!(history::commit_order_gap(Some(&gap(&[], true))).verdict, Verdict::Pass);
    assert_eq!(history::commit_order_gap(Some(&gap(&[], false))).verdict, Verdict::Error);
    assert_eq!(history::commit_order_gap(Some(&gap(&["1"], true))).verdict, Verdict::Fail);
    assert_eq!(history::commit_order_gap(None).verdict, Verdict::Error);
}

#[test]
fn of_several_tables_the_worst_counts_and_each_is_told() {
    let table = |name: &str, added| Table {
        guard: Guard { table: name.into(), triggers: vec![], refusals: vec![] },
        append: appended(added),
        attacks: None,
    };
    let all = |tables: Vec<Table>| {
        let (replay, gap) = (Err("events.told"), Err("events.follow"));
        judge(&Seen { worker: "app".into(), held: vec![], tables, replay, gap }).remove(0)
    };
    let one = all(vec![table("log", 1)]);
    assert_eq!((one.verdict, one.observed.as_str()), (Verdict::Pass, "1 event(s) more"));
    let two = all(vec![table("log", 1), table("audit", 0)]);
    assert_eq!(two.verdict, Verdict::Fail);
    assert_eq!(two.observed, "log: 1 event(s) more; audit: 0 event(s) more");
}
