//! Edge cases of the judge.

use std::time::Duration;

use sor_gate::session::{Outcome, Refusal, Rows};
use sor_gate::verdict::Verdict;

use super::super::door::Reading;
use super::*;

fn reading(version: &str, content: &str) -> Reading {
    Reading { version: version.into(), content: content.into() }
}

fn stale() -> Stale {
    Stale {
        first: reading("1", "first"),
        control: Written::Done,
        between: reading("2", "second"),
        late: Written::Conflict(None),
        after: reading("2", "second"),
    }
}

fn overwritten() -> Stale {
    Stale { late: Written::Done, after: reading("3", "too late"), ..stale() }
}

fn table() -> Table {
    Table {
        name: "t".into(),
        stale: stale(),
        forgetful: Outcome::Done(Rows::default()),
        before: "2".into(),
        after: reading("3", "forgetful"),
    }
}

fn served() -> Stale {
    Stale { late: Written::Conflict(Some("2".into())), ..stale() }
}

fn crowd(conflicts: usize, lost: usize) -> Crowd {
    Crowd { editors: 8, same: true, conflicts, lost, failed: Vec::new(), http: true }
}

fn always() -> Updated {
    let pauses = [51, 103, 200].map(Duration::from_millis).to_vec();
    Updated { attempts: 4, pauses, ended: Some(false), own: false, content: "by somebody else, 4".into() }
}

fn background() -> Background {
    let once = Updated {
        attempts: 2,
        pauses: vec![Duration::from_millis(52)],
        ended: Some(true),
        own: true,
        content: "by the updater".into(),
    };
    Background { pauses_ms: vec![50, 100, 200], always: always(), once }
}

fn seen() -> Seen {
    Seen {
        tables: vec![table()],
        served: Some(served()),
        editors: (crowd(28, 0), crowd(0, 7)),
        background: Some(background()),
    }
}

fn verdicts(seen: &Seen) -> Vec<Verdict> {
    judge(seen).into_iter().map(|finding| finding.settled().verdict).collect()
}

#[test]
fn all_hold() {
    assert_eq!(verdicts(&seen()), [Verdict::Pass; 5]);
    assert_eq!(
        line(&seen()),
        "Version 1 named again by SQL: no row; over HTTP: 412, current 2; a change that forgets it: 2 to 3; the updater: \
         4 attempt(s), pauses of 51, 103, 200 ms, then it gave up; after one conflict 2 attempt(s), pauses of 52 ms, then \
         its own text is in; 8 editors at once: 28 conflicts, 0 edits lost; without the check 7 lost."
    );
}

#[test]
fn an_edit_that_overwrites_fails_and_one_without_control_proves_nothing() {
    let of = |stale: Stale| {
        let seen =
            Seen { tables: vec![Table { stale: stale.clone(), ..table() }], served: Some(stale), ..seen() };
        verdicts(&seen)[..2].to_vec()
    };
    assert_eq!(of(overwritten()), [Verdict::Fail; 2]);
    assert_eq!(of(Stale { after: reading("3", "too late"), ..served() })[1], Verdict::Fail);
    for control in [Written::Conflict(None), Written::Other("500".into())] {
        assert_eq!(of(Stale { control, ..stale() }), [Verdict::Error; 2]);
    }
    assert_eq!(of(Stale { between: reading("2", "first"), ..stale() }), [Verdict::Error; 2]);
    assert_eq!(verdicts(&Seen { tables: Vec::new(), ..seen() })[0], Verdict::Fail);
    assert_eq!(of(Stale { late: Written::Other("22P02".into()), ..stale() }), [Verdict::Fail; 2]);
}

#[test]
fn a_412_must_tell_the_current_version() {
    let of = |current: Option<&str>| {
        let late = Written::Conflict(current.map(str::to_owned));
        verdicts(&Seen { served: Some(Stale { late, ..stale() }), ..seen() })[1]
    };
    assert_eq!(of(Some("2")), Verdict::Pass);
    assert_eq!(of(Some("1")), Verdict::Fail);
    assert_eq!(of(None), Verdict::Fail);
    assert_eq!(verdicts(&Seen { served: None, ..seen() })[1], Verdict::NotTestable);
}

#[test]
fn a_version_must_grow_with_a_change_that_really_happened() {
    let of = |table: Table| verdicts(&Seen { tables: vec![table], ..seen() })[2];
    assert_eq!(of(Table { after: reading("2", "forgetful"), ..table() }), Verdict::Fail);
    assert_eq!(of(Table { before: "10".into(), after: reading("9", "forgetful"), ..table() }), Verdict::Fail);
    assert_eq!(of(Table { before: "a".into(), after: reading("b", "forgetful"), ..table() }), Verdict::Pass);
    assert_eq!(of(Table { after: reading("3", "second"), ..table() }), Verdict::Error);
    let refusal = Refusal {
        sqlstate: "42501".into(),
        message: "no".into(),
        table: None,
        column: None,
        constraint: None,
        context: None,
    };
    assert_eq!(of(Table { forgetful: Outcome::Refused(refusal), ..table() }), Verdict::Error);
}

#[test]
fn the_updater_pauses_gives_up_and_comes_through() {
    let of = |background: Background| verdicts(&Seen { background: Some(background), ..seen() })[3];
    let always_of = |updated: Updated| of(Background { always: updated, ..background() });
    assert_eq!(always_of(Updated { attempts: 5, ended: None, ..always() }), Verdict::Fail);
    assert_eq!(always_of(Updated { attempts: 3, ..always() }), Verdict::Fail);
    assert_eq!(always_of(Updated { own: true, ..always() }), Verdict::Fail);
    assert_eq!(always_of(Updated { ended: Some(true), ..always() }), Verdict::Fail);
    let hasty = [51, 60, 200].map(Duration::from_millis).to_vec();
    assert_eq!(always_of(Updated { pauses: hasty, ..always() }), Verdict::Fail);
    assert_eq!(always_of(Updated { attempts: 0, ..always() }), Verdict::Error);
    assert_eq!(of(Background { once: always(), ..background() }), Verdict::Fail);
    assert_eq!(verdicts(&Seen { background: None, ..seen() })[3], Verdict::NotTestable);
}

#[test]
fn a_race_without_conflicts_or_calibration_proves_nothing() {
    let of = |own: Crowd, loses: Crowd| verdicts(&Seen { editors: (own, loses), ..seen() })[4];
    assert_eq!(of(crowd(28, 1), crowd(0, 7)), Verdict::Fail);
    assert_eq!(of(crowd(0, 7), crowd(0, 7)), Verdict::Fail);
    assert_eq!(of(Crowd { failed: vec!["500".into()], ..crowd(28, 0) }, crowd(0, 7)), Verdict::Fail);
    assert_eq!(of(crowd(0, 0), crowd(0, 7)), Verdict::Error);
    assert_eq!(of(crowd(28, 0), crowd(28, 0)), Verdict::Error);
    assert_eq!(of(Crowd { same: false, ..crowd(28, 0) }, crowd(0, 7)), Verdict::Error);
}
