use sor_gate::session::{Refusal, Rows};
use sor_gate::verdict::Verdict;

use super::*;

fn refusal(sqlstate: &str, constraint: Option<&str>) -> Outcome {
    Outcome::Refused(Refusal {
        sqlstate: sqlstate.into(),
        message: "refused".into(),
        table: None,
        column: None,
        constraint: constraint.map(str::to_owned),
        context: None,
    })
}

fn attempt(writer: &str, outcome: Outcome) -> Attempt {
    let control = Outcome::Done(Rows::default());
    Attempt {
        kind: RuleKind::Set,
        writer: writer.into(),
        by_hand: writer == "admin",
        by: None,
        outcome,
        control,
    }
}

fn verdict(attempts: Vec<Attempt>, claim: &str) -> Verdict {
    let seen = Seen { attempts, ids: Ids::default(), money: Vec::new() };
    judge(&seen).into_iter().find(|finding| finding.claim == claim).unwrap().settled().verdict
}

#[test]
fn only_a_constraint_with_the_right_code_refuses() {
    let check = || refusal("23514", Some("tier"));
    let both = |outcome| vec![attempt("worker", outcome), attempt("admin", check())];
    assert_eq!(verdict(both(check()), "set_refused"), Verdict::Pass);
    assert_eq!(verdict(both(refusal("42501", None)), "set_refused"), Verdict::Fail);
    assert_eq!(verdict(both(refusal("23514", None)), "set_refused"), Verdict::Fail);
    assert_eq!(verdict(both(Outcome::Done(Rows::default())), "set_refused"), Verdict::Fail);
    assert_eq!(verdict(both(check()), "orphan_refused"), Verdict::NotTestable);
    let named = Attempt { by: Some("other".into()), ..attempt("worker", check()) };
    assert_eq!(verdict(vec![named], "set_refused"), Verdict::Fail);
}

#[test]
fn a_refused_control_proves_nothing() {
    let mut refused = attempt("worker", refusal("23514", Some("tier")));
    refused.control = refusal("42501", None);
    assert_eq!(verdict(vec![refused.clone()], "set_refused"), Verdict::Error);
    assert_eq!(
        verdict(vec![refused, attempt("admin", refusal("23514", Some("tier")))], "any_writer"),
        Verdict::Error
    );
}

#[test]
fn one_writer_who_gets_through_is_enough() {
    let attempts = vec![
        attempt("worker", refusal("23514", Some("tier"))),
        attempt("admin", Outcome::Done(Rows::default())),
    ];
    assert_eq!(verdict(attempts.clone(), "any_writer"), Verdict::Fail);
    assert_eq!(verdict(attempts, "set_refused"), Verdict::Pass);
}

#[test]
fn money_is_whole() {
    let column = |kind: &str, money| Column { kind: kind.into(), money, ..Column::default() };
    assert_eq!(integer_money(&[]).verdict, Verdict::NotTestable);
    assert_eq!(integer_money(&[column("bigint", true), column("text", false)]).verdict, Verdict::Pass);
    assert_eq!(integer_money(&[column("numeric(10,2)", true)]).verdict, Verdict::Fail);
    assert_eq!(integer_money(&[column("bigint", true), column("real", false)]).verdict, Verdict::Fail);
}

#[test]
fn an_id_must_come_back_and_be_there() {
    let ids = |identity: &str, answered: &[&str], found| {
        let answered = answered.iter().map(|id| (*id).to_owned()).collect();
        generated_ids(&Ids { asked: 2, answered, found, identity: identity.into() }).verdict
    };
    assert_eq!(ids("a", &["1", "2"], 2), Verdict::Pass);
    assert_eq!(ids("", &["1", "2"], 2), Verdict::Fail);
    assert_eq!(ids("a", &["1"], 1), Verdict::Fail);
    assert_eq!(ids("a", &["1", "2"], 1), Verdict::Fail);
}
