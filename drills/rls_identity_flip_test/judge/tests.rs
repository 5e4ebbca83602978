//! The edge cases of the judge.

use std::collections::BTreeMap;

use sor_gate::session::{Outcome, Refusal, Rows};
use sor_gate::standing::HeldRole;
use sor_gate::verdict::Verdict;

use super::*;

fn refusal(sqlstate: &str) -> Refusal {
    Refusal {
        sqlstate: sqlstate.into(),
        message: "no".into(),
        table: None,
        column: None,
        constraint: None,
        context: None,
    }
}

fn done(affected: u64) -> Outcome {
    Outcome::Done(Rows { affected, ..Rows::default() })
}

#[test]
fn an_error_is_closed_only_when_a_policy_raises_it() {
    assert_eq!(Sight::Rows(BTreeMap::new()).closed(), Some(true));
    assert_eq!(Sight::only("bob", 1).closed(), Some(false));
    for (state, closed) in [("42704", Some(true)), ("22P02", Some(true)), ("25P02", None), ("42P01", None)] {
        assert_eq!(Sight::Refused(refusal(state)).closed(), closed, "{state}");
    }
}

#[test]
fn a_write_stopped_by_chance_is_not_proven() {
    let seen = |outcome, harmless| CrossWrite {
        control: done(1),
        attacks: vec![Attack { what: "INSERT".into(), outcome, harmless, nobody: false }],
        before: BTreeMap::new(),
        after: BTreeMap::new(),
    };
    let verdict = |seen| writes::no_cross_write(&seen, String::new()).verdict;
    assert_eq!(verdict(seen(Outcome::Refused(refusal("42501")), Some(0))), Verdict::Pass);
    assert_eq!(verdict(seen(Outcome::Refused(refusal("23505")), Some(0))), Verdict::Error);
    assert_eq!(verdict(seen(done(0), Some(0))), Verdict::Pass);
    assert_eq!(verdict(seen(done(0), None)), Verdict::Fail);
    assert_eq!(verdict(seen(done(1), Some(0))), Verdict::Fail);
    let changed = BTreeMap::from([("bob".to_owned(), "other".to_owned())]);
    assert_eq!(verdict(CrossWrite { after: changed, ..seen(done(0), Some(0)) }), Verdict::Fail);
    assert_eq!(verdict(CrossWrite { control: done(0), ..seen(done(0), Some(0)) }), Verdict::Error);
}

#[test]
fn a_leak_needs_one_backend_and_a_tenant_who_saw_something() {
    let nothing = || Sight::Rows(BTreeMap::new());
    let seen = |served, next, same_backend| Leak {
        cleared: nothing(),
        reuses: vec![Reuse { ending: "COMMIT", served, next, same_backend }],
    };
    let verdict = |seen| reuse::pool_leak(&seen, "alice").verdict;
    assert_eq!(verdict(seen(Sight::only("alice", 2), nothing(), true)), Verdict::Pass);
    assert_eq!(verdict(seen(Sight::only("alice", 2), Sight::only("alice", 2), true)), Verdict::Fail);
    assert_eq!(verdict(seen(Sight::only("alice", 2), nothing(), false)), Verdict::Error);
    assert_eq!(verdict(seen(nothing(), nothing(), true)), Verdict::Error);
}

#[test]
fn a_plan_that_was_never_generic_proves_nothing() {
    let seen = |generic, wrong: &[&str]| PlanReuse {
        executions: 24,
        generic,
        forced: false,
        wrong: wrong.iter().map(|text| (*text).to_owned()).collect(),
        told_apart: true,
    };
    assert_eq!(reuse::plan_reuse(&seen(4, &[])).verdict, Verdict::Pass);
    assert_eq!(reuse::plan_reuse(&seen(0, &[])).verdict, Verdict::Error);
    assert_eq!(reuse::plan_reuse(&seen(4, &["bob saw 47"])).verdict, Verdict::Fail);
}

fn standing(table: Table, role: HeldRole) -> Standing {
    Standing {
        worker: "worker".into(),
        held: vec![role],
        tables: vec![table],
        unguarded: Sight::Refused(refusal("42501")),
        version: 150_000,
    }
}

fn table() -> Table {
    Table {
        oid: "1".into(),
        name: "t".into(),
        enabled: true,
        forced: false,
        owner: "owner".into(),
        binds: true,
        attacked: true,
        policies: vec![Policy { name: "p".into(), permissive: true, open: false }],
    }
}

fn role(name: &str) -> HeldRole {
    HeldRole {
        name: name.into(),
        superuser: false,
        bypass: false,
        creates_roles: false,
        inherits: true,
        replicates: false,
        usage: true,
        owned: 0,
    }
}

#[test]
fn a_role_is_bound_unless_it_owns_or_bypasses() {
    let verdict = |seen| standing::forced_for_owner(&seen).verdict;
    assert_eq!(verdict(standing(table(), role("worker"))), Verdict::Pass);
    assert_eq!(verdict(standing(table(), role("owner"))), Verdict::Fail);
    assert_eq!(verdict(standing(Table { forced: true, ..table() }, role("owner"))), Verdict::Pass);
    assert_eq!(verdict(standing(table(), HeldRole { bypass: true, ..role("worker") })), Verdict::Fail);
    assert_eq!(verdict(standing(table(), HeldRole { creates_roles: true, ..role("worker") })), Verdict::Fail);
    let off = Standing { unguarded: Sight::only("bob", 1), ..standing(table(), role("worker")) };
    assert_eq!(verdict(off), Verdict::Fail);
}

#[test]
fn an_open_policy_covers_nothing_unless_narrowed() {
    let open = || Policy { name: "o".into(), permissive: true, open: true };
    let verdict =
        |policies| standing::coverage(&standing(Table { policies, ..table() }, role("worker"))).verdict;
    assert_eq!(verdict(vec![]), Verdict::Pass);
    assert_eq!(verdict(vec![open()]), Verdict::Fail);
    assert_eq!(
        verdict(vec![open(), Policy { name: "r".into(), permissive: false, open: false }]),
        Verdict::Pass
    );
    let none = Standing { tables: vec![], ..standing(table(), role("worker")) };
    assert_eq!(standing::coverage(&none).verdict, Verdict::Error);
}

#[test]
fn a_door_leaks_when_it_changes_with_anothers_rows() {
    let door = |name: &str| Door {
        name: name.into(),
        kind: "view".into(),
        role: String::new(),
        read: String::new(),
        over: "t".into(),
        seeded: true,
        unbound: true,
    };
    let reading = |rows: &[&str]| DoorReading {
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
        steady: true,
        ..DoorReading::default()
    };
    let verdict = |doors: Vec<Door>, before: Vec<DoorReading>, after: Vec<DoorReading>| {
        doors::side_doors(&Doors { doors, looked_at: BTreeMap::new(), before, after }).verdict
    };
    let own = || door("public.sor_gate_door");
    let (few, many) = (|| reading(&["47"]), || reading(&["78"]));
    assert_eq!(verdict(vec![own()], vec![few()], vec![many()]), Verdict::Pass);
    assert_eq!(verdict(vec![own()], vec![few()], vec![few()]), Verdict::Error);
    assert_eq!(verdict(vec![own(), door("v")], vec![few(), few()], vec![many(), many()]), Verdict::Fail);
    assert_eq!(verdict(vec![own(), door("v")], vec![few(), few()], vec![many(), few()]), Verdict::Pass);
    let blind = Door { seeded: false, ..door("v") };
    assert_eq!(verdict(vec![own(), blind], vec![few(), few()], vec![many(), few()]), Verdict::Error);
}

#[test]
fn a_storm_without_overlap_is_not_proven() {
    let seen = |at_once, wrong| Storm { seeded: 64, sessions: 16, reads: 9, tenants: 9, at_once, wrong };
    assert_eq!(reuse::storm(Some(&seen(5, vec![]))).verdict, Verdict::Pass);
    assert_eq!(reuse::storm(Some(&seen(1, vec![]))).verdict, Verdict::Error);
    assert_eq!(reuse::storm(Some(&seen(5, vec!["x".into()]))).verdict, Verdict::Fail);
    assert_eq!(reuse::storm(None).verdict, Verdict::NotTestable);
}
