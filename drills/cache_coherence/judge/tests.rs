//! Edge cases of the judge.

use sor_gate::verdict::Verdict;

use super::super::http::Answer;
use super::*;

fn told(value: &str) -> Answer {
    Answer { status: 200, value: Some(value.into()) }
}

fn status(status: u16) -> Answer {
    Answer { status, value: None }
}

fn filled() -> Filled {
    Filled { cold: true, right: true, answer: told("v"), loads: 1, lives_ms: 59_990 }
}

fn hit() -> Hit {
    Hit { reads: 5, right: 5, loads: 0, asked: 5 }
}

fn race(stale: usize) -> Race {
    Race {
        held: Some("held message 9".into()),
        old_known: true,
        late: told("old"),
        written: status(204),
        stored: true,
        reads: vec![told("new"), told("new")],
        stale,
    }
}

fn good() -> Seen {
    Seen {
        redis: "Redis".into(),
        ttl_s: 60,
        filled: filled(),
        hit: hit(),
        written: Written {
            cached: true,
            answer: status(204),
            stored: true,
            old_entry: false,
            right: true,
            read: told("new"),
        },
        failed: Failed {
            answer: status(503),
            sqlstate: Some("42P01".into()),
            cached: false,
            right: true,
            then: told("v"),
        },
        missing: Missing { answer: status(404), loads: 1, wanted: 404 },
        slow: Slow { own: race(0), unguarded: race(2) },
        injected: Injected { stored: 20, added: 20, ..Injected::default() },
        outage: Outage {
            killed: "Redis: signal 9".into(),
            without: Without { right: 2, read: told("v"), written: status(204), after: told("w"), loads: 2 },
            filled: filled(),
            hit: hit(),
        },
        counted: Some(Counted { answered: 149, counted: 128, bound: 64, landed: true }),
    }
}

fn verdict(claim: &str, change: impl FnOnce(&mut Seen)) -> Verdict {
    let mut seen = good();
    change(&mut seen);
    judge(&seen).into_iter().find(|finding| finding.claim == claim).unwrap().settled().verdict
}

#[test]
fn a_coherent_cache_passes() {
    for finding in judge(&good()) {
        assert_eq!(finding.clone().settled().verdict, Verdict::Pass, "{finding:?}");
    }
    assert!(line(&good()).contains("21 of 149 hits lost in a crash (bound 64)"));
}

#[test]
fn an_entry_lives_for_a_bounded_time() {
    for (lives_ms, wanted) in
        [(60_000, Verdict::Pass), (60_001, Verdict::Fail), (-1, Verdict::Fail), (-2, Verdict::Fail)]
    {
        assert_eq!(verdict("miss_fills", |seen| seen.filled.lives_ms = lives_ms), wanted, "{lives_ms}");
        assert_eq!(verdict("cache_returns", |seen| seen.outage.filled.lives_ms = lives_ms), wanted);
    }
    assert_eq!(verdict("miss_fills", |seen| seen.filled.loads = 2), Verdict::Fail);
    assert_eq!(verdict("miss_fills", |seen| seen.filled.cold = false), Verdict::Error);
    assert_eq!(verdict("miss_fills", |seen| seen.filled.loads = 0), Verdict::Error);
}

#[test]
fn a_hit_needs_a_cache_that_was_asked() {
    assert_eq!(verdict("hit_spares_database", |seen| seen.hit.loads = 1), Verdict::Fail);
    assert_eq!(verdict("hit_spares_database", |seen| seen.hit.right = 4), Verdict::Fail);
    assert_eq!(verdict("hit_spares_database", |seen| seen.hit.asked = 0), Verdict::Error);
    assert_eq!(verdict("hit_spares_database", |seen| seen.filled.loads = 0), Verdict::Error);
}

#[test]
fn a_write_that_was_not_done_proves_nothing() {
    assert_eq!(verdict("write_invalidates", |seen| seen.written.right = false), Verdict::Fail);
    assert_eq!(verdict("write_invalidates", |seen| seen.written.old_entry = true), Verdict::Fail);
    assert_eq!(verdict("write_invalidates", |seen| seen.written.stored = false), Verdict::Error);
    assert_eq!(verdict("write_invalidates", |seen| seen.written.cached = false), Verdict::Error);
    assert_eq!(verdict("no_stale_fill", |seen| seen.slow.own.stored = false), Verdict::Error);
}

#[test]
fn a_failure_is_neither_cached_nor_hidden() {
    assert_eq!(verdict("failed_load_uncached", |seen| seen.failed.cached = true), Verdict::Fail);
    assert_eq!(verdict("failed_load_uncached", |seen| seen.failed.right = false), Verdict::Fail);
    assert_eq!(verdict("failed_load_uncached", |seen| seen.failed.sqlstate = None), Verdict::Error);
    assert_eq!(verdict("failure_not_mapped", |seen| seen.failed.answer = status(404)), Verdict::Fail);
    assert_eq!(verdict("failure_not_mapped", |seen| seen.failed.answer = told("v")), Verdict::Fail);
    assert_eq!(verdict("failure_not_mapped", |seen| seen.failed.sqlstate = None), Verdict::Error);
    assert_eq!(verdict("not_found_mapped", |seen| seen.missing.answer = status(500)), Verdict::Fail);
    assert_eq!(verdict("not_found_mapped", |seen| seen.missing.loads = 0), Verdict::Error);
}

#[test]
fn a_race_that_was_not_held_or_not_calibrated_proves_nothing() {
    assert_eq!(verdict("no_stale_fill", |seen| seen.slow.own.stale = 1), Verdict::Fail);
    assert_eq!(verdict("no_stale_fill", |seen| seen.slow.own.held = None), Verdict::Error);
    assert_eq!(verdict("no_stale_fill", |seen| seen.slow.unguarded.stale = 0), Verdict::Error);
    assert_eq!(verdict("no_stale_fill", |seen| seen.slow.own.old_known = false), Verdict::Error);
}

#[test]
fn without_the_cache_the_database_serves() {
    assert_eq!(verdict("served_without_cache", |seen| seen.outage.without.right = 1), Verdict::Fail);
    assert_eq!(verdict("served_without_cache", |seen| seen.outage.without.loads = 0), Verdict::Error);
    assert_eq!(verdict("cache_returns", |seen| seen.outage.hit.loads = 1), Verdict::Fail);
}

#[test]
fn hits_are_lost_up_to_the_bound_and_never_made_up() {
    let count = |counted| {
        verdict("hits_counted", |seen| {
            seen.counted = Some(Counted { answered: 149, counted, bound: 64, landed: true });
        })
    };
    let seen = [85, 84, 149, 150].map(count);
    assert_eq!(seen, [Verdict::Pass, Verdict::Fail, Verdict::Pass, Verdict::Fail]);
    assert_eq!(verdict("hits_counted", |seen| seen.counted = None), Verdict::NotTestable);
    let late = |seen: &mut Seen| seen.counted.iter_mut().for_each(|counted| counted.landed = false);
    assert_eq!(verdict("hits_counted", late), Verdict::Error);
    let few = |seen: &mut Seen| seen.counted.iter_mut().for_each(|counted| counted.answered = 64);
    assert_eq!(verdict("hits_counted", few), Verdict::Error);
}

#[test]
fn strings_are_stored_or_refused_and_nothing_else() {
    let wrong = |seen: &mut Seen| seen.injected.wrong.push("x".into());
    assert_eq!(verdict("injection_is_data", wrong), Verdict::Fail);
    assert_eq!(verdict("injection_is_data", |seen| seen.injected.executed = true), Verdict::Fail);
    assert_eq!(verdict("injection_is_data", |seen| seen.injected.commanded = true), Verdict::Fail);
    assert_eq!(verdict("injection_is_data", |seen| seen.injected.added = 21), Verdict::Fail);
    let refused = |seen: &mut Seen| seen.injected = Injected { refused: 20, ..Injected::default() };
    assert_eq!(verdict("injection_is_data", refused), Verdict::Error);
}
