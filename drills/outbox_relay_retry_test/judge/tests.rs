//! The judge's edge cases.

use jiff::Timestamp;
use sor_gate::fault::FaultKind;
use sor_gate::fault::sweep::{Blow, Struck};
use sor_gate::verdict::Verdict;

use super::*;

fn message(key: &str, status: &str, attempts: i64) -> Message {
    Message {
        key: key.into(),
        status: status.into(),
        attempts,
        last_error: "500".into(),
        next_attempt: Some(Timestamp::MAX),
    }
}

fn delivery(key: &str, duplicate: bool) -> Delivery {
    Delivery {
        seq: 0,
        at: String::new(),
        method: "POST".into(),
        path: "/".into(),
        key: Some(key.into()),
        body: String::new(),
        accepted: true,
        duplicate,
        fault: None,
        status: Some(200),
    }
}

#[test]
fn a_torn_write_fails_and_a_write_that_writes_nothing_is_not_proven() {
    let seen = |business, whole| Atomic { cuts: vec![Cut { after: 1, business, messages: 0 }], whole };
    assert_eq!(atomic_with_write(&seen(0, (1, 1))).verdict, Verdict::Pass);
    assert_eq!(atomic_with_write(&seen(1, (1, 1))).verdict, Verdict::Fail);
    assert_eq!(atomic_with_write(&seen(0, (0, 0))).verdict, Verdict::Error);
}

#[test]
fn a_failure_must_be_written_down() {
    let seen = |message: Message, fired: usize| Failures {
        failed: vec![Failed { key: "k".into(), began: Timestamp::UNIX_EPOCH, message: Some(message) }],
        fired: vec![(FaultKind::Status, "500".into()); fired],
        retried: vec![],
        deliveries: vec![],
    };
    assert_eq!(stays_pending(&seen(message("k", "pending", 1), 1)).verdict, Verdict::Pass);
    assert_eq!(stays_pending(&seen(message("k", "pending", 1), 0)).verdict, Verdict::Error);
    assert_eq!(stays_pending(&seen(message("k", "dispatched", 1), 1)).verdict, Verdict::Fail);
    assert_eq!(stays_pending(&seen(message("k", "pending", 0), 1)).verdict, Verdict::Fail);
    let silent = Message { last_error: String::new(), ..message("k", "pending", 1) };
    assert_eq!(stays_pending(&seen(silent, 1)).verdict, Verdict::Fail);
    let due = Message { next_attempt: None, ..message("k", "pending", 1) };
    assert_eq!(stays_pending(&seen(due, 1)).verdict, Verdict::Fail);
}

#[test]
fn one_delivery_proves_no_dedup() {
    let kill = |redelivers| Kill { key: "k".into(), landed: true, redelivers, witness: "9".into() };
    let seen = |deliveries| Kills {
        kills: vec![kill(true), kill(false), kill(false), kill(false)],
        messages: vec![message("k", "dispatched", 2)],
        deliveries,
    };
    let verdict = |deliveries| dedup_on_redelivery(&seen(deliveries), &sweep()).verdict;
    let twice = vec![delivery("k", false), delivery("k", true)];
    assert_eq!(verdict(twice), Verdict::Pass);
    assert_eq!(verdict(vec![delivery("k", false)]), Verdict::Error);
    let renamed = vec![delivery("k", false), delivery("k:2", false)];
    assert_eq!(verdict(renamed), Verdict::Fail);
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
fn a_blow_that_missed_proves_nothing_and_one_that_doubled_fails() {
    let kill = || Kill { key: "k".into(), landed: true, redelivers: true, witness: "k".into() };
    let seen = |kills| Kills {
        kills,
        messages: vec![message("k", "dispatched", 2)],
        deliveries: vec![delivery("k", false), delivery("k", true)],
    };
    let whole = || seen(vec![kill(), kill(), kill(), kill()]);
    let missed = seen(vec![kill(), kill(), kill(), Kill { landed: false, ..kill() }]);
    assert_eq!(dedup_on_redelivery(&whole(), &sweep()).verdict, Verdict::Pass);
    assert_eq!(dedup_on_redelivery(&missed, &sweep()).verdict, Verdict::Error);
    for at in 0..4 {
        let (mut missed, mut doubled) = (sweep(), sweep());
        missed.struck[at].landed = false;
        doubled.struck[at].wrong.push("2 effects".into());
        assert_eq!(dedup_on_redelivery(&whole(), &missed).verdict, Verdict::Error, "{at}");
        assert_eq!(dedup_on_redelivery(&whole(), &doubled).verdict, Verdict::Fail, "{at}");
    }
}

#[test]
fn relays_that_never_met_prove_nothing() {
    let seen = |first_stands, held, repeats: usize| Pair {
        first_stands,
        second_stands: Stands::Ended,
        held,
        ended_meanwhile: 1,
        messages: vec![message("k", "dispatched", 1)],
        deliveries: vec![delivery("k", false); 1 + repeats],
        in_order: None,
    };
    assert_eq!(two_relays(&seen(Stands::Claiming, 1, 0)).verdict, Verdict::Pass);
    assert_eq!(two_relays(&seen(Stands::Sending, 1, 0)).verdict, Verdict::Pass);
    assert_eq!(two_relays(&seen(Stands::Ended, 1, 0)).verdict, Verdict::Error);
    assert_eq!(two_relays(&seen(Stands::Claiming, 0, 0)).verdict, Verdict::Error);
    assert_eq!(two_relays(&seen(Stands::Claiming, 1, 1)).verdict, Verdict::Fail);
}

#[test]
fn a_promised_order_is_kept_by_two_relays() {
    let keys = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let seen = |arrived: [&str; 2]| Pair {
        first_stands: Stands::Sending,
        second_stands: Stands::Claiming,
        held: 1,
        ended_meanwhile: 0,
        messages: vec![message("a", "dispatched", 1), message("b", "dispatched", 1)],
        deliveries: arrived.map(|key| delivery(key, false)).into(),
        in_order: Some(keys(arrived)),
    };
    assert_eq!(two_relays(&seen(["a", "b"])).verdict, Verdict::Pass);
    assert_eq!(two_relays(&seen(["b", "a"])).verdict, Verdict::Fail);
}

#[test]
fn nothing_overtakes_the_poison_where_order_is_promised() {
    let seen = |in_order, first_pass: &str, overtook: &[&str], arrived: &[&str]| Poison {
        max_attempts: 2,
        in_order,
        attempts: [("pending", 1, 10), ("dead", 2, 0)]
            .map(|(status, n, ms)| Attempt { message: message("p", status, n), pause_ms: Some(ms) })
            .into(),
        others: vec![message("a", first_pass, 0), message("b", first_pass, 0)],
        sent: 2,
        sent_afterwards: 0,
        overtook: overtook.iter().map(|key| (*key).to_owned()).collect(),
        arrived: arrived.iter().map(|key| (*key).to_owned()).collect(),
    };
    let verdict = |seen| poison_isolated(&seen).verdict;
    assert_eq!(verdict(seen(true, "pending", &[], &["a", "b"])), Verdict::Pass);
    assert_eq!(verdict(seen(true, "dispatched", &["a", "b"], &["a", "b"])), Verdict::Fail);
    assert_eq!(verdict(seen(true, "pending", &[], &["b", "a"])), Verdict::Fail);
    assert_eq!(verdict(seen(true, "pending", &[], &["a"])), Verdict::Fail);
    assert_eq!(verdict(seen(false, "dispatched", &["a", "b"], &["a", "b"])), Verdict::Pass);
    assert_eq!(verdict(seen(false, "pending", &[], &["a", "b"])), Verdict::Fail);
}

#[test]
fn the_back_off_grows() {
    assert!(grows(&[1000, 2000, 4000]) && grows(&[1000]) && grows(&[]) && grows(&[1000, 950, 3000]));
    assert!(!grows(&[1000, 1000]) && !grows(&[4000, 2000]) && !grows(&[0, 0]) && !grows(&[-1]));
}
