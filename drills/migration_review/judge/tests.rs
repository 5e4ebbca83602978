//! Edge cases of the judge: an empty observation never passes.

use std::time::Duration;

use sor_gate::catalog::DigestDiff;
use sor_gate::migration::Script;
use sor_gate::migration::reading::Reading;
use sor_gate::verdict::Verdict;

use super::*;
use crate::drills::migration_review::locks::{Bystander, Held};

fn binding(scope: &[&str]) -> Migration {
    Migration {
        proposed: "1_a".into(),
        branch: "b".into(),
        scope: scope.iter().map(|&line| line.to_owned()).collect(),
        proposes: Default::default(),
        fill: Vec::new(),
        lock_wait_ms: None,
        up_text: None,
        down_text: None,
    }
}

fn seen<'a>(binding: &'a Migration, review: Review, trial: Trial) -> Seen<'a> {
    let scope = Scope::new(&binding.scope);
    let scope_told = binding.scope.join(", ");
    Seen { binding, review, trial, irreversible: None, lock_wait_ms: 100, scope, scope_told }
}

fn review(up: &str, down: Option<&str>) -> Review {
    let read = |text: &str| Reading::of(&Script::new("1_a.up.sql", text));
    Review {
        id: "1_a".into(),
        up: read(up),
        down: down.map(read),
        called: Vec::new(),
        functions_read: 0,
        up_file: "1_a.up.sql".into(),
        down_file: down.map(|_| "1_a.down.sql".into()),
    }
}

fn applied(took_ms: u64) -> Trial {
    Trial {
        up: Some(Ok(Duration::from_millis(took_ms))),
        rows_before: 1,
        tables_before: 1,
        ..Trial::default()
    }
}

#[test]
fn nothing_tried_is_nothing_proven() {
    let binding = binding(&["column public.e.notes"]);
    let review = review("ALTER TABLE e ADD COLUMN notes text", Some("ALTER TABLE e DROP COLUMN notes"));
    let findings = judge(&seen(&binding, review, Trial::default()));
    for finding in &findings[2..] {
        assert_ne!(finding.verdict, Verdict::Pass, "{finding:?}");
    }
}

#[test]
fn a_downgrade_that_says_nothing_is_none() {
    let up = "ALTER TABLE e ADD COLUMN notes text";
    let binding = binding(&[]);
    let both_directions = |review: Review| both_directions(&seen(&binding, review, Trial::default()));
    assert_eq!(both_directions(review(up, Some("ALTER TABLE e DROP COLUMN notes"))).verdict, Verdict::Pass);
    assert_eq!(both_directions(review(up, Some("-- none\nSELECT 1"))).verdict, Verdict::Fail);
    assert_eq!(both_directions(review(up, None)).verdict, Verdict::Fail);
}

#[test]
fn a_drop_needs_its_own_override() {
    let guarded = "-- sor-gate: allow drop_table old because archived\nDROP TABLE old";
    assert_eq!(drop_guard(&review(guarded, None)).verdict, Verdict::Pass);
    assert_eq!(drop_guard(&review("DROP TABLE old", None)).verdict, Verdict::Fail);
    let finding = drop_guard(&review("DO $$ BEGIN\nDROP TABLE old; END $$", None));
    assert_eq!(finding.observed, "1_a.up.sql:2 in a DO block: drop_table old");
}

#[test]
fn a_blocked_bystander_could_have_waited_for_the_whole_run() {
    let wait = |blocked, took| {
        let bystander = Bystander { table: "e".into(), what: "reader", blocked, waited_ms: 5.0 };
        let held = Held { bystanders: vec![bystander], held_open: true, ..Held::default() };
        let binding = binding(&[]);
        let trial = Trial { held, ..applied(took) };
        lock_safe(&seen(&binding, review("SELECT f()", None), trial)).verdict
    };
    assert_eq!(wait(true, 20), Verdict::Pass);
    assert_eq!(wait(true, 120), Verdict::Fail);
    assert_eq!(wait(false, 120), Verdict::Pass);
}

#[test]
fn an_override_excuses_the_loss_that_it_names_and_no_other() {
    let verdict = |what: &str| {
        let up = "-- sor-gate: allow drop_column e.old because unused\nALTER TABLE e DROP COLUMN old";
        let lost = vec![DigestDiff { table: "public.e".into(), what: what.into() }];
        let trial = Trial { rows_after_up: lost, down: Some(Ok(Duration::ZERO)), ..applied(1) };
        let binding = binding(&[]);
        preserves_data(&seen(&binding, review(up, None), trial)).verdict
    };
    assert_eq!(verdict("column old is gone"), Verdict::Pass);
    assert_eq!(verdict("column other is gone"), Verdict::Fail);
    assert_eq!(verdict("3 rows became 2"), Verdict::Fail);
}

#[test]
fn what_is_declared_irreversible_need_not_be_taken_back() {
    let binding = binding(&[]);
    let mut seen = seen(&binding, review("ALTER TYPE mood ADD VALUE 'x'", None), applied(1));
    assert_eq!(both_directions(&seen).verdict, Verdict::Fail);
    assert_ne!(reverses(&seen).verdict, Verdict::Pass);
    seen.irreversible = Some("enum values stay".into());
    assert_eq!(both_directions(&seen).verdict, Verdict::Pass);
    assert_eq!((reverses(&seen).verdict, repeats(&seen).verdict), (Verdict::Pass, Verdict::Pass));
    seen.review = review("SELECT 1", None);
    assert_eq!(both_directions(&seen).verdict, Verdict::Fail);
}
