//! Points and sweeps.

use super::*;
use crate::fault::proxy::{Direction, Point, Statement, StatementKind};

/// A start-up, BEGIN, a statement in the extended protocol, an end.
fn conversation(tags: [&str; 3]) -> Conversation {
    let messages = [
        (true, 0),
        (false, b'R'),
        (true, b'Q'),
        (false, b'C'),
        (true, b'B'),
        (true, b'E'),
        (false, b'C'),
        (true, b'Q'),
        (false, b'C'),
    ];
    let point = |(number, (up, tag)): (u64, &(bool, u8))| Point {
        number,
        connection: 1,
        direction: if *up { Direction::ToServer } else { Direction::ToClient },
        tag: *tag,
    };
    let statement = |(number, tag): (u64, &str)| Statement {
        number,
        connection: 1,
        kind: StatementKind::Query,
        sql: tag.to_owned(),
        rewritten: None,
        first: None,
        params: None,
        completed: vec![tag.to_owned()],
        sqlstate: None,
    };
    Conversation {
        points: (1..).zip(&messages).map(point).collect(),
        statements: [3, 6, 8].into_iter().zip(tags).map(statement).collect(),
    }
}

#[test]
fn a_transaction_is_left_whole_or_not_at_all_and_every_message_is_covered() {
    for seed in 0..20 {
        let spans = |tags| {
            let classes = conversation(tags).classes(seed);
            assert!(classes.iter().all(|class| (class.first..=class.last).contains(&class.at.number)));
            assert_eq!(classes.iter().map(CrashPoint::stands_for).sum::<u64>(), 9);
            classes.iter().map(|class| (class.first, class.last)).collect::<Vec<_>>()
        };
        assert_eq!(spans(["BEGIN", "INSERT 0 1", "COMMIT"]), [(1, 3), (4, 8), (9, 9)]);
        assert_eq!(spans(["DO", "INSERT 0 1", "COMMIT"]), [(1, 3), (4, 6), (7, 8), (9, 9)]);
    }
}

#[test]
fn a_program_is_not_struck_where_it_takes_leave() {
    let mut spoken = conversation(["BEGIN", "INSERT 0 1", "COMMIT"]);
    spoken.points.push(Point { number: 10, tag: b'X', direction: Direction::ToServer, ..spoken.points[8] });
    for seed in 0..20 {
        let last = spoken.classes(seed).pop().unwrap();
        assert_eq!((last.first, last.last, last.at.number), (9, 10, 9));
    }
}

#[test]
fn each_kind_of_statement_is_struck_before_or_behind_it_and_the_seed_says_which() {
    let spoken = conversation(["BEGIN", "INSERT 0 1", "COMMIT"]);
    let numbers = |seed| spoken.of_each_kind(seed).iter().map(|p| p.at.number).collect::<Vec<_>>();
    for seed in 0..50 {
        let [start, begin, insert, commit] = numbers(seed)[..] else { panic!("{:?}", numbers(seed)) };
        assert!((1..3).contains(&start));
        assert!([3, 4].contains(&begin) && [6, 7].contains(&insert) && commit == 9);
        assert_eq!(numbers(seed), numbers(seed));
        assert_eq!(spoken.classes(seed), spoken.classes(seed));
    }
    let all: std::collections::BTreeSet<_> = (0..50).map(numbers).collect();
    assert!(all.len() > 5, "{all:?}");
}

#[test]
fn a_second_blow_has_one_place_for_each_kind_of_statement_of_those_that_resumed() {
    let first = |seed| conversation(["BEGIN", "INSERT 0 1", "COMMIT"]).classes(seed).remove(0);
    let resumed = [
        (first(1), conversation(["BEGIN", "INSERT 0 1", "COMMIT"])),
        (first(2), conversation(["BEGIN", "UPDATE 1", "COMMIT"])),
    ];
    let statements = |seed| {
        let mut all: Vec<_> = second_places(&resumed, seed)
            .into_iter()
            .map(|(_, then)| then.statement.map(|(_, kind)| kind))
            .collect();
        all.sort();
        all
    };
    let wanted = [None, Some("BEGIN"), Some("COMMIT"), Some("INSERT"), Some("UPDATE")];
    assert_eq!(statements(3), wanted.map(|sql| sql.map(str::to_owned)));
    assert_eq!(second_places(&resumed, 3), second_places(&resumed, 3));
    assert!(second_places(&[], 3).is_empty());
}

#[test]
fn a_sample_is_never_empty() {
    for seed in 0..9 {
        assert_eq!(some_of(vec![1, 2, 3], false, seed), [1, 2, 3]);
        assert_eq!(some_of(vec![1], true, seed), [1]);
        assert_eq!(some_of((0..16).collect(), true, seed).len(), 2);
    }
    assert!(some_of(Vec::<u8>::new(), true, 3).is_empty());
}

fn struck(blow: Blow, stands_for: u64, wrong: &[&str]) -> Struck {
    let wrong = wrong.iter().map(ToString::to_string).collect();
    Struck { blow, place: "before message 1".into(), stands_for, landed: true, wrong }
}

fn whole() -> Sweep {
    let others = [Blow::SecondKill, Blow::ServerCrash, Blow::SecondServerCrash];
    let mut all = vec![struck(Blow::Kill, 2, &[])];
    all.extend(others.map(|blow| struck(blow, 0, &[])));
    Sweep {
        boundaries: 2,
        replies_lost: 1,
        by_the_proxy: true,
        sampled: false,
        server_is_ours: true,
        left_out: 0,
        struck: all,
    }
}

#[test]
fn a_sweep_reaches_every_boundary_with_every_blow_or_proves_nothing() {
    use crate::verdict::Verdict;
    let verdict = |change: &dyn Fn(&mut Sweep)| {
        let mut sweep = whole();
        change(&mut sweep);
        sweep.finding("claim", "whole").settled().verdict
    };
    assert_eq!(verdict(&|_| {}), Verdict::Pass);
    assert_eq!(verdict(&|sweep| sweep.boundaries = 3), Verdict::Error);
    assert_eq!(verdict(&|sweep| (sweep.boundaries, sweep.sampled) = (3, true)), Verdict::Pass);
    assert_eq!(verdict(&|sweep| sweep.by_the_proxy = false), Verdict::Error);
    assert_eq!(verdict(&|sweep| *sweep = Sweep::default()), Verdict::Error);
    for at in 0..4 {
        assert_eq!(verdict(&|sweep| sweep.struck[at].landed = false), Verdict::Error, "{at}");
        assert_eq!(verdict(&|sweep| drop(sweep.struck.remove(at))), Verdict::Error, "{at}");
        assert_eq!(verdict(&|sweep| sweep.struck[at].wrong.push("twice".into())), Verdict::Fail, "{at}");
    }
    let theirs = |sweep: &mut Sweep| {
        sweep.server_is_ours = false;
        sweep.struck.truncate(2);
    };
    assert_eq!(verdict(&theirs), Verdict::Pass);
}

#[test]
fn what_is_wrong_without_a_blow_is_no_finding_and_the_numbers_are_told() {
    let mut sweep = whole();
    sweep.struck[0].wrong.push("twice".into());
    sweep.struck[0].landed = false;
    assert_eq!(sweep.wrong(), None);
    assert_eq!(
        whole().tell(),
        "1 kills, standing for 2 of 2 boundaries; 1 second kills while resuming; \
         server crashed at 1 points, and at 1 while resuming"
    );
}

#[test]
fn points_that_there_was_no_time_for_are_a_gap() {
    let late = Sweep { left_out: 3, ..whole() };
    assert!(late.gap().unwrap().contains("before 3 more points"), "{:?}", late.gap());
    assert_eq!(late.finding("claim", "whole").settled().verdict, crate::verdict::Verdict::Error);
}
