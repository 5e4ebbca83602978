//! Edge cases of the judge.

use sor_gate::fault::proxy::{Statement, StatementKind};
use sor_gate::verdict::Verdict;

use super::*;

fn refused(read: i64) -> Attempt {
    Attempt { read: Some(read), end: End::Refused(REFUSED.into()) }
}

fn committed(read: i64) -> Attempt {
    Attempt { read: Some(read), end: End::Committed }
}

fn forced() -> Forced {
    let attempts = vec![refused(1_500), committed(1_600)];
    Forced { held: Held::Overtaken, before: 1_500, between: 1_600, after: 2_100, attempts, gave_up: None }
}

fn loses() -> Forced {
    Forced { after: 2_000, attempts: vec![committed(1_500)], ..forced() }
}

fn crowd() -> Crowd {
    let attempts = vec![refused(1_500), refused(1_500), committed(1_600), committed(2_100)];
    Crowd {
        writers: 2,
        held: 2,
        before: 1_500,
        after: 2_600,
        entries: Some(1_100),
        gave_up: Vec::new(),
        attempts,
    }
}

fn loses_in_a_crowd() -> Crowd {
    Crowd { after: 2_000, attempts: vec![committed(1_500), committed(1_500)], ..crowd() }
}

fn seen() -> Seen {
    Seen {
        rival: "interest".into(),
        decimals: 2,
        forced: (forced(), loses()),
        crowd: Some((crowd(), loses_in_a_crowd())),
    }
}

fn verdicts(seen: &Seen) -> Vec<Verdict> {
    judge(seen).into_iter().map(|finding| finding.settled().verdict).collect()
}

#[test]
fn all_hold() {
    assert_eq!(verdicts(&seen()), [Verdict::Pass; 3]);
    assert_eq!(
        line(&seen()),
        "Attempt 1 read 15.00, interest +1.00 committed, 40001; attempt 2 read 16.00, committed: 21.00 in 2 attempts. \
         Without isolation: 20.00, 1.00 lost. 2 writers at once: 2 refused with 40001, total 26.00; without isolation \
         6.00 of 26.00 lost."
    );
}

#[test]
fn money_that_is_lost_fails() {
    let seen = Seen { forced: (loses(), loses()), ..seen() };
    assert_eq!(verdicts(&seen)[..2], [Verdict::Fail; 2]);
    let crowd = Some((loses_in_a_crowd(), loses_in_a_crowd()));
    assert_eq!(verdicts(&Seen { crowd, ..self::seen() })[2], Verdict::Fail);
    let short = Crowd { entries: Some(1_000), ..crowd_of(0) };
    assert_eq!(
        verdicts(&Seen { crowd: Some((short, loses_in_a_crowd())), ..self::seen() })[2],
        Verdict::Fail
    );
}

fn crowd_of(gave_up: usize) -> Crowd {
    Crowd { gave_up: vec!["given up".into(); gave_up], ..crowd() }
}

#[test]
fn without_40001_nothing_is_proven_although_the_money_is_right() {
    let lucky = Forced { attempts: vec![committed(1_600)], ..forced() };
    assert_eq!(verdicts(&Seen { forced: (lucky, loses()), ..seen() })[..2], [Verdict::Error; 2]);
    let lucky = Crowd { attempts: vec![committed(1_500), committed(2_100)], ..crowd() };
    assert_eq!(verdicts(&Seen { crowd: Some((lucky, loses_in_a_crowd())), ..seen() })[2], Verdict::Error);
}

#[test]
fn a_race_that_is_not_calibrated_proves_nothing() {
    assert_eq!(verdicts(&Seen { forced: (forced(), forced()), ..seen() })[..2], [Verdict::Error; 2]);
    assert_eq!(verdicts(&Seen { crowd: Some((crowd(), crowd())), ..seen() })[2], Verdict::Error);
    let early = Crowd { held: 1, ..crowd() };
    assert_eq!(verdicts(&Seen { crowd: Some((early, loses_in_a_crowd())), ..seen() })[2], Verdict::Error);
    for held in [Held::Blocking, Held::Never] {
        let seen = Seen { forced: (Forced { held, ..forced() }, loses()), crowd: None, ..seen() };
        assert_eq!(verdicts(&seen), [Verdict::Error; 3]);
    }
    let idle = Forced { between: 1_500, ..forced() };
    assert_eq!(verdicts(&Seen { forced: (idle, loses()), ..seen() })[0], Verdict::Error);
}

#[test]
fn a_retry_must_come_and_start_anew() {
    let gone =
        Forced { after: 1_600, attempts: vec![refused(1_500)], gave_up: Some("40001".into()), ..forced() };
    assert_eq!(verdicts(&Seen { forced: (gone, loses()), ..seen() })[..2], [Verdict::Pass, Verdict::Fail]);
    let stale = Forced { after: 2_000, attempts: vec![refused(1_500), committed(1_500)], ..forced() };
    assert_eq!(verdicts(&Seen { forced: (stale, loses()), ..seen() })[..2], [Verdict::Pass, Verdict::Fail]);
    let third = Forced { attempts: vec![refused(1_500), refused(1_600), committed(1_600)], ..forced() };
    assert_eq!(verdicts(&Seen { forced: (third, loses()), ..seen() })[1], Verdict::Fail);
    assert_eq!(
        verdicts(&Seen { crowd: Some((crowd_of(1), loses_in_a_crowd())), ..seen() })[2],
        Verdict::Fail
    );
}

#[test]
fn amounts_have_their_point() {
    let told: Vec<String> = [0, 5, 1_500, -70].iter().map(|amount| seen().money(*amount)).collect();
    assert_eq!(told, ["0.00", "0.05", "15.00", "-0.70"]);
    assert_eq!(Seen { decimals: 0, ..seen() }.money(1_500), "1500");
}

#[test]
fn attempts_are_read_off_the_wire() {
    let statement = |connection, sql: &str, first, completed: &[&str], sqlstate: Option<&str>| Statement {
        number: 1,
        connection,
        kind: StatementKind::Query,
        sql: sql.into(),
        rewritten: None,
        params: None,
        completed: completed.iter().map(|tag| (*tag).to_owned()).collect(),
        sqlstate: sqlstate.map(str::to_owned),
        first,
    };
    let said = [
        statement(1, "SELECT 9", Some(9), &["SELECT 1"], None),
        statement(1, "BEGIN ISOLATION LEVEL SERIALIZABLE", None, &["BEGIN"], None),
        statement(2, "START TRANSACTION", None, &["START TRANSACTION"], None),
        statement(1, "SELECT b", Some(1_500), &["SELECT 1"], None),
        statement(1, "UPDATE t", None, &[], Some(REFUSED)),
        statement(1, "ROLLBACK", None, &["ROLLBACK"], None),
        statement(1, "BEGIN", None, &["BEGIN"], None),
        statement(1, "COMMIT", None, &["COMMIT"], None),
    ];
    let open = Attempt { read: None, end: End::Open };
    assert_eq!(attempts(&said), [refused(1_500), open.clone(), Attempt { end: End::Committed, ..open }]);
    assert_eq!(attempts(&[]), []);
}
