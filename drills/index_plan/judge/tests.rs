use sor_gate::verdict::Verdict;

use super::*;

fn scan(node: &str, index: Option<&str>) -> Scan {
    let (node, index) = (node.to_owned(), index.map(str::to_owned));
    Scan { node, index, table: "t".into(), rows: 20_003, ..Scan::default() }
}

fn seen() -> Seen {
    let by_index = || vec![scan("Index Scan", Some("i"))];
    Seen {
        asked: 20_003,
        rows: 20_003,
        large: 1_000,
        own: by_index(),
        before: vec![scan(SEQUENTIAL, None)],
        after: by_index(),
        created: vec!["CREATE INDEX i".into()],
        hot: vec![Hot { name: "hot".into(), scans: by_index() }],
        switched: Vec::new(),
    }
}

fn verdicts(seen: &Seen) -> Vec<Verdict> {
    judge(seen).into_iter().map(|finding| finding.settled().verdict).collect()
}

#[test]
fn all_hold() {
    assert_eq!(verdicts(&seen()), [Verdict::Pass; 3]);
}

#[test]
fn a_lookup_without_index_fails_and_one_that_was_never_slow_is_not_proven() {
    let slow = || vec![scan(SEQUENTIAL, None)];
    assert_eq!(verdicts(&Seen { own: slow(), after: slow(), ..seen() })[0], Verdict::Fail);
    assert_eq!(verdicts(&Seen { before: vec![scan("Index Scan", Some("j"))], ..seen() })[0], Verdict::Error);
    assert_eq!(verdicts(&Seen { rows: 7, ..seen() })[0], Verdict::Error);
    let stale = vec![Scan { rows: 12, ..scan("Index Scan", Some("i")) }];
    assert_eq!(verdicts(&Seen { own: stale, ..seen() })[0], Verdict::Error);
}

#[test]
fn a_hot_query_may_read_little_of_a_large_table_and_all_of_a_small_one() {
    let hot = |scan: Scan| {
        verdicts(&Seen { hot: vec![Hot { name: "hot".into(), scans: vec![scan] }], ..seen() })[1]
    };
    assert_eq!(hot(scan(SEQUENTIAL, None)), Verdict::Fail);
    assert_eq!(hot(Scan { passed_on: 20, ..scan("Index Scan", None) }), Verdict::Pass);
    assert_eq!(hot(Scan { passed_on: 20_003, ..scan("Index Only Scan", None) }), Verdict::Fail);
    assert_eq!(hot(Scan { rows: 5, ..scan(SEQUENTIAL, None) }), Verdict::Error);
}

#[test]
fn a_switch_fails() {
    assert_eq!(verdicts(&Seen { switched: vec!["enable_seqscan = off".into()], ..seen() })[2], Verdict::Fail);
}
