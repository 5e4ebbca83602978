//! The edge cases of the judge.

use serde_json::json;
use sor_gate::verdict::Verdict;

use sor_gate::mcp::Reply;

use super::*;

fn refused() -> Answer {
    Answer::Error { code: -32602, message: "unknown tool".into() }
}

fn disallowed(answer: Answer, log: Option<Log>) -> Disallowed {
    let tried = vec![Tried { name: "drop_table".into(), answer }];
    Disallowed { tried, untouched: true, declared: Some("cannot".into()), alike: true, log, control: Some(3) }
}

fn log(canaries: usize, between: &[&str]) -> Option<Log> {
    Some(Log { canaries, between: between.iter().map(|&line| line.into()).collect() })
}

#[test]
fn a_silent_log_counts_only_with_both_canaries_and_a_control() {
    assert_eq!(log_silence(&disallowed(refused(), log(2, &[]))).verdict, Verdict::Pass);
    assert_eq!(log_silence(&disallowed(refused(), log(2, &["SELECT 1"]))).verdict, Verdict::Fail);
    assert_eq!(log_silence(&disallowed(refused(), log(1, &[]))).verdict, Verdict::Error);
    assert_eq!(log_silence(&disallowed(refused(), None)).verdict, Verdict::Error);
    let dumb = Disallowed { control: Some(0), ..disallowed(refused(), log(2, &[])) };
    assert_eq!(log_silence(&dumb).verdict, Verdict::Error);
}

#[test]
fn an_unmarked_result_is_a_refusal_only_in_silence() {
    let answer = || Answer::Result { is_error: None, text: "I cannot".into(), structured: None };
    assert_eq!(disallowed_refused(&disallowed(answer(), log(2, &[])), false).verdict, Verdict::Pass);
    assert_eq!(disallowed_refused(&disallowed(answer(), log(2, &[])), true).verdict, Verdict::Fail);
    assert_eq!(disallowed_refused(&disallowed(answer(), log(2, &["x"])), false).verdict, Verdict::Fail);
    let touched = Disallowed { untouched: false, ..disallowed(refused(), log(2, &[])) };
    assert_eq!(disallowed_refused(&touched, false).verdict, Verdict::Fail);
}

#[test]
fn a_list_must_be_the_declared_one_each_time() {
    let lists = |listed: &[&[&str]]| Lists {
        declared: vec!["a".into(), "b".into()],
        listed: listed.iter().map(|one| one.iter().map(|&name| name.into()).collect()).collect(),
        changes: 0,
    };
    assert_eq!(allow_list(&lists(&[&["b", "a"], &["a", "b"]])).verdict, Verdict::Pass);
    assert_eq!(allow_list(&lists(&[&["a", "b"], &["a", "b", "c"]])).verdict, Verdict::Fail);
    assert_eq!(allow_list(&lists(&[&["a"]])).verdict, Verdict::Fail);
    assert_eq!(allow_list(&lists(&[&["a", "b", "b"]])).verdict, Verdict::Fail);
    assert_eq!(allow_list(&lists(&[])).verdict, Verdict::Fail);
}

#[test]
fn texts_that_never_reach_a_table_prove_nothing() {
    let answer = Answer::Result { is_error: None, text: String::new(), structured: None };
    let text = || Text { place: "t.a".into(), text: "x".into(), answer: answer.clone() };
    let smuggled = |seen: &Smuggling| no_smuggling(seen, &ReadOnly::default());
    let seen = |stored, ran| Smuggling {
        control: 1,
        places: 1,
        texts: vec![text()],
        stored,
        ran,
        ..Smuggling::default()
    };
    assert_eq!(smuggled(&seen(1, 0)).verdict, Verdict::Pass);
    assert_eq!(smuggled(&seen(0, 0)).verdict, Verdict::Error);
    assert_eq!(smuggled(&seen(1, 1)).verdict, Verdict::Fail);
    assert_eq!(smuggled(&Smuggling { control: 0, ..seen(1, 0) }).verdict, Verdict::Error);
    let unsampled = Smuggling { unsampled: vec!["a".into()], ..Smuggling::default() };
    assert_eq!(smuggled(&unsampled).verdict, Verdict::NotTestable);
}

#[test]
fn a_request_is_owed_an_error_and_a_line_is_not() {
    let sent = |reply| Sent { what: "x".into(), reply, only_large: false, serving: true };
    let garbage = |sent| Garbage {
        sent: vec![sent],
        ended_after_hang_up: true,
        answers: 1,
        leaks: Vec::new(),
        unreachable: false,
    };
    let verdict = |reply| survives_garbage(&garbage(sent(reply))).verdict;
    assert_eq!(verdict(None), Verdict::Pass);
    assert_eq!(verdict(Some(Reply::Response(json!({ "error": -32601 })))), Verdict::Pass);
    assert_eq!(verdict(Some(Reply::Response(json!({ "error": null, "isError": true })))), Verdict::Pass);
    assert_eq!(verdict(Some(Reply::Response(json!({ "error": null, "isError": null })))), Verdict::Fail);
    assert_eq!(verdict(Some(Reply::Silence)), Verdict::Fail);
    let done = Some(Reply::Response(json!({ "error": null, "isError": null })));
    let large = Sent { only_large: true, ..sent(done) };
    assert_eq!(survives_garbage(&garbage(large)).verdict, Verdict::Pass);
    let dead = Sent { serving: false, ..sent(None) };
    assert_eq!(survives_garbage(&garbage(dead)).verdict, Verdict::Fail);
    let leaky = Garbage { leaks: vec!["a password".into()], ..garbage(sent(None)) };
    assert_eq!(survives_garbage(&leaky).verdict, Verdict::Fail);
}

#[test]
fn a_promise_to_change_nothing_is_kept_tried_and_answered() {
    let seen = |let_through: usize, texts, unanswered| ReadOnly {
        tools: vec!["query".into()],
        changes: vec!["DELETE FROM t".into()],
        texts,
        let_through: (0..let_through)
            .map(|_| LetThrough {
                place: "query.sql".into(),
                text: "COMMIT; DELETE FROM t".into(),
                changed: vec!["t: 1 rows became 0".into()],
            })
            .collect(),
        unanswered,
    };
    // A server that takes nothing but SQL has no text to store.
    let data = Smuggling { control: 1, ..Smuggling::default() };
    assert_eq!(no_smuggling(&data, &seen(0, 6, 0)).verdict, Verdict::Pass);
    assert_eq!(no_smuggling(&data, &seen(1, 6, 0)).verdict, Verdict::Fail);
    assert_eq!(no_smuggling(&data, &seen(0, 6, 1)).verdict, Verdict::Fail);
    assert_eq!(no_smuggling(&data, &seen(0, 0, 0)).verdict, Verdict::Error);
    assert_eq!(no_smuggling(&data, &ReadOnly::default()).verdict, Verdict::Error);
}
