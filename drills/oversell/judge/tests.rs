//! Edge cases of the judge.

use std::time::Duration;

use sor_gate::verdict::Verdict;

use super::*;

fn sale(guard: Guard, ordered: u64) -> Sale {
    Sale {
        guard,
        buyers: 1000,
        pieces: 100,
        at_once: 8,
        waited: 8,
        ordered,
        sold_out: 1000 - ordered,
        given_up: 0,
        refused: Vec::new(),
        stored: ordered.cast_signed(),
        stock: 100_i64.saturating_sub_unsigned(ordered).max(0),
        measured: Measurement::of(guard.name(), 8, Duration::from_millis(10), Vec::new(), 0),
    }
}

fn good() -> Vec<Sale> {
    vec![sale(Guard::Lock, 100), sale(Guard::Version, 100), sale(Guard::None, 203)]
}

fn refusal(sqlstate: &str) -> Refusal {
    let message = "no".to_owned();
    Refusal { sqlstate: sqlstate.into(), message, table: None, column: None, constraint: None, context: None }
}

fn verdict(sales: &[Sale], claim: &str) -> Verdict {
    judge(sales).into_iter().find(|finding| finding.claim == claim).unwrap().settled().verdict
}

#[test]
fn a_good_sale_passes() {
    for finding in judge(&good()) {
        assert_eq!(finding.clone().settled().verdict, Verdict::Pass, "{finding:?}");
    }
    assert!(
        line(&good()).starts_with("1000 buyers, 100 pieces, 8 at once. with a lock: 100 orders, stock 0")
    );
}

#[test]
fn a_race_that_is_not_calibrated_proves_nothing() {
    let mut calm = good();
    calm[2] = sale(Guard::None, 100);
    assert_eq!(verdict(&calm, "exact_stock"), Verdict::Error);
    assert_eq!(verdict(&calm, "optimistic_exact"), Verdict::Error);
    calm.pop();
    assert_eq!(verdict(&calm, "exact_stock"), Verdict::Error);
}

#[test]
fn a_race_without_overlap_proves_nothing() {
    let mut alone = good();
    alone[0].waited = 7;
    assert_eq!(verdict(&alone, "exact_stock"), Verdict::Error);
    assert_eq!(verdict(&alone, "optimistic_exact"), Verdict::Pass);
    alone[0].waited = 1;
    alone[1].waited = 1;
    assert_eq!(verdict(&alone, "no_deadlock"), Verdict::Error);
}

#[test]
fn one_piece_more_or_less_fails() {
    for (at, claim) in [(0, "exact_stock"), (1, "optimistic_exact")] {
        for ordered in [99, 101] {
            let mut wrong = good();
            wrong[at] = sale(wrong[at].guard, ordered);
            assert_eq!(verdict(&wrong, claim), Verdict::Fail);
        }
        let mut untold = good();
        untold[at].stored += 1;
        assert_eq!(verdict(&untold, claim), Verdict::Fail, "an order that nobody was told of");
        let mut left = good();
        left[at].stock = 1;
        assert_eq!(verdict(&left, claim), Verdict::Fail);
    }
}

#[test]
fn an_error_is_no_sold_out() {
    let mut refused = good();
    refused[0].sold_out -= 1;
    refused[0].refused.push(refusal("P0001"));
    assert_eq!(verdict(&refused, "sold_out_told"), Verdict::Fail);
    assert_eq!(verdict(&refused, "no_deadlock"), Verdict::Pass);
    refused[0].refused.push(refusal("40P01"));
    assert_eq!(verdict(&refused, "no_deadlock"), Verdict::Fail);
}

#[test]
fn what_is_not_described_is_not_testable() {
    let only = vec![sale(Guard::Lock, 100), sale(Guard::None, 203)];
    assert_eq!(verdict(&only, "optimistic_exact"), Verdict::NotTestable);
    assert_eq!(verdict(&[], "exact_stock"), Verdict::NotTestable);
    assert_ne!(verdict(&[], "sold_out_told"), Verdict::Pass);
    assert_ne!(verdict(&[], "no_deadlock"), Verdict::Pass);
}
