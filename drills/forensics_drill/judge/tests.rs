//! The edge cases of the judge.

use sor_gate::explain::Scan;
use sor_gate::verdict::Verdict;

use super::super::scale::Measured;
use super::*;

fn scale(took: u64, index: Option<&str>, events: i64) -> Scale {
    let scan = Scan {
        node: "Index Scan".into(),
        table: "e".into(),
        index: index.map(Into::into),
        rows: events,
        ..Scan::default()
    };
    let query = Measured { name: "events", took: Duration::from_millis(took), scans: vec![scan] };
    Scale { events, asked: 1_000_000, queries: vec![query] }
}

#[test]
fn slow_or_unindexed_fails_and_too_few_rows_prove_nothing() {
    let verdict = |took, index, events| at_scale(Some(&scale(took, index, events))).verdict;
    assert_eq!(verdict(1, Some("i"), 1_000_100), Verdict::Pass);
    assert_eq!(verdict(51, Some("i"), 1_000_100), Verdict::Fail);
    assert_eq!(verdict(1, None, 1_000_100), Verdict::Fail);
    assert_eq!(verdict(1, Some("i"), 1_000), Verdict::Error);
    assert_eq!(at_scale(None).verdict, Verdict::NotTestable);
}

fn failure(kind: FailureKind, told: Option<&str>, witness: &str) -> Failure {
    let mut report = Report::of(&CaseFile::default());
    report.root_cause = told.map(Into::into);
    report.cause = told.map_or(Cause::Untold, |told| Cause::Known(kind, told.into()));
    let failed = Failed {
        run: "R".into(),
        kind: "x",
        expected: kind,
        words: vec!["write".into()],
        witness: witness.into(),
    };
    Failure { failed, report }
}

#[test]
fn four_ways_each_with_its_own_cause_and_proof() {
    use FailureKind::{KilledWorker, PoisonOutbox, RefusedWrite, ToolError};
    let all = |told: Option<&'static str>, witness: &'static str| -> Vec<Failure> {
        [ToolError, KilledWorker, PoisonOutbox, RefusedWrite].map(|kind| failure(kind, told, witness)).into()
    };
    assert_eq!(cause_right(&all(Some("it was the write"), "done")).verdict, Verdict::Pass);
    assert_eq!(cause_right(&all(Some("it was the weather"), "done")).verdict, Verdict::Fail);
    assert_eq!(cause_right(&all(None, "done")).verdict, Verdict::Fail);
    assert_eq!(cause_right(&all(Some("it was the write"), "")).verdict, Verdict::Error);
    assert_eq!(cause_right(&all(Some("it was the write"), "done")[..3]).verdict, Verdict::NotTestable);
}

#[test]
fn events_out_of_order_are_seen() {
    let rows = |ids: &[&str]| Rows {
        names: vec!["id".into()],
        rows: ids.iter().map(|id| sor_gate::session::Row { cells: vec![Some((*id).into())] }).collect(),
        affected: 0,
    };
    assert!(ordered(&rows(&["9", "10"])) && !ordered(&rows(&["10", "9"])));
}

#[test]
fn an_empty_case_is_no_pass() {
    assert_eq!(four_queries(&CaseFile::default()).verdict, Verdict::Fail);
    assert_eq!(six_lines(&[]).verdict, Verdict::NotTestable);
}
