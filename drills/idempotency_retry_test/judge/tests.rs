//! The judge's edge cases.

use sor_gate::fault::sweep::{Blow, Struck};
use sor_gate::session::{Refusal, Row};
use sor_gate::subject::End;
use sor_gate::verdict::Verdict;

use super::*;

fn row(id: &str) -> Answer {
    Answer::Row(vec!["id".into()], Row { cells: vec![Some(id.into())] })
}

fn before_its_end(seen: &Twice) -> Finding {
    serial_retry(seen, &[])
}

#[test]
fn a_retry_after_the_end_of_a_key_writes_where_the_key_is_free_and_nowhere_else() {
    let verdict = |end, free, again: Answer, added| {
        let twice = Twice { first: row("1"), second: row("1"), added: 1 };
        serial_retry(&twice, &[AfterEnd { end, free, ended: true, first: row("2"), again, added }]).verdict
    };
    assert_eq!(verdict(End::Finished, false, row("2"), 0), Verdict::Pass);
    assert_eq!(verdict(End::Finished, false, row("3"), 1), Verdict::Fail);
    assert_eq!(verdict(End::Finished, false, row("3"), 0), Verdict::Fail, "answered otherwise");
    assert_eq!(verdict(End::Removed, false, Answer::Nothing, 0), Verdict::Pass);
    assert_eq!(verdict(End::Removed, true, row("3"), 1), Verdict::Pass);
    assert_eq!(verdict(End::Removed, true, Answer::Nothing, 0), Verdict::Fail, "swallowed");
    assert_eq!(verdict(End::Finished, true, row("2"), 0), Verdict::Fail, "swallowed");
    let twice = |added| Twice { first: row("1"), second: row("1"), added };
    let vain = || AfterEnd {
        end: End::Removed,
        free: true,
        ended: false,
        first: row("2"),
        again: row("3"),
        added: 1,
    };
    assert_eq!(serial_retry(&twice(1), &[vain()]).verdict, Verdict::Error, "nothing ended");
    assert_eq!(serial_retry(&twice(2), &[vain()]).verdict, Verdict::Fail);
}

#[test]
fn a_second_row_or_another_answer_fails() {
    let seen = |second, added| Twice { first: row("1"), second, added };
    assert_eq!(before_its_end(&seen(row("1"), 1)).verdict, Verdict::Pass);
    assert_eq!(before_its_end(&seen(row("1"), 2)).verdict, Verdict::Fail);
    assert_eq!(before_its_end(&seen(row("2"), 1)).verdict, Verdict::Fail);
    assert_eq!(before_its_end(&seen(Answer::Nothing, 1)).verdict, Verdict::Fail);
}

#[test]
fn a_race_without_overlap_or_calibration_is_not_proven() {
    let seen = |waited| AtOnce { answers: vec![row("1"), row("1")], waited, added: 1 };
    assert_eq!(concurrent_retry(&seen(2), 2).verdict, Verdict::Pass);
    assert_eq!(concurrent_retry(&seen(1), 2).verdict, Verdict::Error);
    assert_eq!(concurrent_retry(&seen(2), 1).verdict, Verdict::Error);
}

#[test]
fn an_overwritten_row_fails_and_silence_too() {
    let seen = |after: &str, told| Conflict {
        first: row("1"),
        second: row("1"),
        before: vec!["a".into()],
        after: vec![after.into()],
        told,
    };
    assert_eq!(payload_conflict(&seen("a", true)).verdict, Verdict::Pass);
    assert_eq!(payload_conflict(&seen("b", true)).verdict, Verdict::Fail);
    assert_eq!(payload_conflict(&seen("a", false)).verdict, Verdict::Fail);
    let unclear =
        |after| Conflict { second: Answer::Unclear("no end within 20 s".into()), ..seen(after, true) };
    assert_eq!(payload_conflict(&unclear("a")).verdict, Verdict::Error);
    assert_eq!(payload_conflict(&unclear("b")).verdict, Verdict::Fail);
}

fn lost() -> LostReply {
    LostReply { fault: Some("message 80".into()), landed: 1, retry: row("1"), added: 1 }
}

fn sweep() -> Sweep {
    let blows = [Blow::Kill, Blow::SecondKill, Blow::ServerCrash, Blow::SecondServerCrash];
    let struck = blows.map(|blow| Struck {
        blow,
        place: "before message 1".into(),
        stands_for: u64::from(blow == Blow::Kill),
        landed: true,
        wrong: vec![],
    });
    Sweep {
        boundaries: 1,
        replies_lost: 1,
        by_the_proxy: true,
        sampled: false,
        server_is_ours: true,
        left_out: 0,
        struck: struck.into(),
    }
}

#[test]
fn a_reply_that_was_not_lost_proves_nothing() {
    let verdict = |lost: &LostReply| lost_commit_reply(lost, &sweep()).verdict;
    assert_eq!(verdict(&lost()), Verdict::Pass);
    assert_eq!(verdict(&LostReply { fault: None, ..lost() }), Verdict::Error);
    assert_eq!(verdict(&LostReply { landed: 0, ..lost() }), Verdict::Error);
    assert_eq!(verdict(&LostReply { added: 2, ..lost() }), Verdict::Fail);
}

#[test]
fn a_write_cut_off_anywhere_lands_once_and_a_cut_that_missed_proves_nothing() {
    for at in 0..4 {
        let mut missed = sweep();
        missed.struck[at].landed = false;
        assert_eq!(lost_commit_reply(&lost(), &missed).verdict, Verdict::Error, "{at}");
        let mut doubled = sweep();
        doubled.struck[at].wrong.push("2 rows".into());
        assert_eq!(lost_commit_reply(&lost(), &doubled).verdict, Verdict::Fail, "{at}");
    }
    assert_eq!(lost_commit_reply(&lost(), &Sweep::default()).verdict, Verdict::Error);
}

#[test]
fn a_second_key_says_nothing_when_the_first_never_landed() {
    let seen = |landed, added| OtherKey { landed, answer: row("2"), added };
    assert_eq!(other_key_lands(&seen(1, 1)).verdict, Verdict::Pass);
    assert_eq!(other_key_lands(&seen(1, 0)).verdict, Verdict::Fail);
    assert_eq!(other_key_lands(&seen(0, 1)).verdict, Verdict::Error);
}

fn with_key(seen: &Keyless) -> Finding {
    key_required(Some(seen))
}

#[test]
fn a_refusal_without_its_control_is_not_proven() {
    let refused = || {
        Answer::Refused(Refusal {
            sqlstate: "23502".into(),
            message: String::new(),
            table: None,
            column: None,
            constraint: None,
            context: None,
        })
    };
    let seen = |answer, control, added| Keyless { answer, control, added };
    assert_eq!(with_key(&seen(refused(), row("1"), 1)).verdict, Verdict::Pass);
    assert_eq!(with_key(&seen(refused(), refused(), 0)).verdict, Verdict::Error);
    assert_eq!(with_key(&seen(row("1"), row("2"), 2)).verdict, Verdict::Fail);
}
