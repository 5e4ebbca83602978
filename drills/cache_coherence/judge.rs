//! Turns what callers were told, and what was in cache and database, into findings.

mod seen;
#[cfg(test)]
mod tests;

use sor_gate::verdict::Finding;

pub use seen::{Counted, Failed, Filled, Hit, Injected, Missing, Outage, Race, Seen, Slow, Without, Written};

/// The table is away (undefined_table).
const AWAY: &str = "42P01";

/// The evidence line.
pub fn line(seen: &Seen) -> String {
    let lost = match &seen.counted {
        Some(Counted { answered, counted, bound, .. }) => {
            format!(
                "{} of {answered} hits lost in a crash (bound {bound})",
                answered.saturating_sub(*counted)
            )
        }
        None => "hits are not counted".into(),
    };
    format!(
        "Miss: {} load, entry lives {} ms. {} hits: {} loads. After a write: {}. Failed load: {}, {} cached. No row: {}. \
         Slow fill behind a write: {} of {} reads stale, without its guard {} of {}. Redis killed: {} of 2 reads right; back: \
         {} load, {} hits with {} loads. {lost}. {} strings stored, {} refused, {} wrong.",
        seen.filled.loads,
        seen.filled.lives_ms,
        seen.hit.reads,
        seen.hit.loads,
        if seen.written.right { "the new value" } else { "not the new value" },
        seen.failed.answer.tell(),
        if seen.failed.cached { "and" } else { "not" },
        seen.missing.answer.tell(),
        seen.slow.own.stale,
        seen.slow.own.reads.len(),
        seen.slow.unguarded.stale,
        seen.slow.unguarded.reads.len(),
        seen.outage.without.right,
        seen.outage.filled.loads,
        seen.outage.hit.reads,
        seen.outage.hit.loads,
        seen.injected.stored,
        seen.injected.refused,
        seen.injected.wrong.len()
    )
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        filled("miss_fills", &seen.filled, seen.ttl_s).witnessed(seen.redis.clone()),
        hit("hit_spares_database", &seen.hit, &seen.filled),
        write_invalidates(&seen.written),
        failed_load_uncached(&seen.failed),
        not_found_mapped(&seen.missing),
        failure_not_mapped(&seen.failed, &seen.missing),
        no_stale_fill(&seen.slow),
        served_without_cache(&seen.outage),
        cache_returns(&seen.outage, seen.ttl_s),
        hits_counted(seen.counted.as_ref()),
        injection_is_data(&seen.injected),
    ]
}

fn filled(claim: &str, seen: &Filled, ttl_s: u64) -> Finding {
    let most = i64::try_from(ttl_s.saturating_mul(1000)).unwrap_or(i64::MAX);
    let expected = format!("the value after one load, and an entry that lives at most {most} ms");
    if !seen.cold {
        return Finding::unproven(claim, expected, "the entry was there before the read");
    }
    if seen.loads == 0 && seen.right {
        return Finding::unproven(
            claim,
            expected,
            "no load came by the proxy: it goes another way than the URL",
        );
    }
    let lives = match seen.lives_ms {
        -2 => "no entry".to_owned(),
        -1 => "an entry for ever".to_owned(),
        millis => format!("an entry for {millis} ms"),
    };
    let observed = format!("{} after {} loads, {lives}", seen.answer.tell(), seen.loads);
    let holds = seen.right && seen.loads == 1 && (1..=most).contains(&seen.lives_ms);
    Finding::judge(claim, holds, expected, observed)
        .witnessed(format!("the wire proxy saw {} loads, PTTL answered {}", seen.loads, seen.lives_ms))
}

fn hit(claim: &str, seen: &Hit, filled: &Filled) -> Finding {
    let expected = format!("the value {} times, without a load", seen.reads);
    let observed = format!("{} of {} right, {} loads", seen.right, seen.reads, seen.loads);
    if filled.loads == 0 {
        return Finding::unproven(claim, expected, "the proxy saw no load on the miss either");
    }
    if seen.asked < seen.reads && seen.loads == 0 {
        let why = format!(
            "only {} of {} reads asked the cache: what they were told came from elsewhere",
            seen.asked, seen.reads
        );
        return Finding::unproven(claim, expected, why);
    }
    Finding::judge(claim, seen.right == seen.reads && seen.loads == 0, expected, observed).witnessed(format!(
        "{} commands about the entry came by the proxy before the cache; the miss before was seen to load",
        seen.asked
    ))
}

fn write_invalidates(seen: &Written) -> Finding {
    let (claim, expected) = ("write_invalidates", "the new value at the next read, and the old entry gone");
    if !seen.cached {
        return Finding::unproven(claim, expected, "the value was not in the cache before the write");
    }
    if !seen.answer.done() || !seen.stored {
        let why = format!("the write was not done: {}", seen.answer.tell());
        return Finding::unproven(claim, expected, why);
    }
    let entry = if seen.old_entry { ", the old entry still there" } else { "" };
    let observed = format!("{}{entry}", seen.read.tell());
    Finding::judge(claim, seen.right && !seen.old_entry, expected, observed)
        .witnessed("the old value was in the cache before the write, the new one in the database after it")
}

/// Why a failing load proves nothing, if so.
fn did_not_fail(seen: &Failed) -> Option<String> {
    match &seen.sqlstate {
        Some(_) => None,
        None => Some(format!("no load was refused while the table was away: {}", seen.answer.tell())),
    }
}

fn failed_load_uncached(seen: &Failed) -> Finding {
    let (claim, expected) = ("failed_load_uncached", "no entry, and the value once loads succeed again");
    if let Some(why) = did_not_fail(seen).filter(|_| seen.right && !seen.cached) {
        return Finding::unproven(claim, expected, why);
    }
    let entry = if seen.cached { "an entry" } else { "no entry" };
    let observed = format!("{entry} after {}, then {}", seen.answer.tell(), seen.then.tell());
    let finding = Finding::judge(claim, seen.right && !seen.cached, expected, observed);
    seen.sqlstate.iter().fold(finding, |finding, sqlstate| {
        finding.witnessed(format!("the load was refused with {sqlstate} on a connection that lived"))
    })
}

fn not_found_mapped(seen: &Missing) -> Finding {
    let (claim, expected) = ("not_found_mapped", seen.wanted.to_string());
    if seen.loads == 0 {
        return Finding::unproven(claim, expected, "nothing was loaded");
    }
    let found_nothing = format!("{} load of a key that is nowhere", seen.loads);
    Finding::judge(claim, seen.answer.status == seen.wanted, expected, seen.answer.tell())
        .witnessed(found_nothing)
}

fn failure_not_mapped(seen: &Failed, missing: &Missing) -> Finding {
    let (claim, expected) = ("failure_not_mapped", format!("neither a value nor {}", missing.wanted));
    let hidden = seen.answer.status == missing.wanted || seen.answer.done();
    if let Some(why) = did_not_fail(seen).filter(|_| !hidden) {
        return Finding::unproven(claim, expected, why);
    }
    let sqlstate = seen.sqlstate.as_deref().unwrap_or(AWAY);
    Finding::judge(claim, !hidden, expected, seen.answer.tell())
        .witnessed(format!("the table was away, the load refused with {sqlstate}"))
}

fn no_stale_fill(seen: &Slow) -> Finding {
    let (claim, expected) = ("no_stale_fill", "the new value at every read behind the write");
    let Race { held, old_known, late, written, stored, reads, stale } = &seen.own;
    let told = reads.iter().map(super::http::Answer::tell).collect::<Vec<_>>().join(", ");
    let observed = format!("{stale} of {} reads stale: {told}", reads.len());
    let why = match held {
        _ if !old_known => Some("the value is not cached at the declared key".to_owned()),
        None => Some("the load was not held between database and cache".to_owned()),
        Some(_) if !written.done() || !stored => Some(format!("the write was not done: {}", written.tell())),
        Some(_) if *stale == 0 && seen.unguarded.stale == 0 => {
            Some("the race is not calibrated: a fill that heeds nothing left no old value either".to_owned())
        }
        Some(_) => None,
    };
    if let Some(why) = why {
        return Finding::unproven(claim, expected, why);
    }
    let finding = Finding::judge(claim, *stale == 0, expected, observed)
        .witnessed(format!("the slow reader was told {} in the end", late.tell()))
        .witnessed(format!(
            "calibrated: with a fill that heeds nothing {} of {} reads are stale",
            seen.unguarded.stale,
            seen.unguarded.reads.len()
        ));
    held.iter().fold(finding, |finding, held| finding.witnessed(held.clone()))
}

fn served_without_cache(seen: &Outage) -> Finding {
    let Without { right, read, written, after, loads } = &seen.without;
    let expected = "the value, and after a write the new one";
    let observed = format!("{}; write {}; {}", read.tell(), written.tell(), after.tell());
    let finding = Finding::judge("served_without_cache", *right == 2, expected, observed);
    if *right == 2 && *loads == 0 {
        return Finding::unproven("served_without_cache", expected, "no load came by the proxy");
    }
    finding.witnessed(seen.killed.clone()).witnessed(format!("{loads} loads while it was down"))
}

fn cache_returns(seen: &Outage, ttl_s: u64) -> Finding {
    let again = filled("cache_returns", &seen.filled, ttl_s);
    let used = hit("cache_returns", &seen.hit, &seen.filled);
    let mut worse = if again.verdict >= used.verdict { again.clone() } else { used.clone() };
    if again.verdict == used.verdict {
        worse.observed = format!("{}; {}", again.observed, used.observed);
        worse.witness.extend(used.witness);
    }
    worse.witnessed(format!("{}, then started again", seen.killed))
}

fn hits_counted(seen: Option<&Counted>) -> Finding {
    let claim = "hits_counted";
    let Some(Counted { answered, counted, bound, landed }) = seen else {
        return Finding::not_testable(claim, "the section [cache.hits]");
    };
    let expected = format!("at most {bound} hits lost, none counted twice");
    if !landed {
        return Finding::unproven(claim, expected, "the service had ended before the kill");
    }
    if answered <= bound {
        return Finding::unproven(claim, expected, format!("only {answered} reads were answered"));
    }
    let observed = match answered.checked_sub(*counted) {
        Some(lost) => format!("{answered} answered, {counted} counted, {lost} lost"),
        None => format!("{answered} answered, {counted} counted"),
    };
    let holds = counted <= answered && answered - counted <= *bound;
    Finding::judge(claim, holds, expected, observed)
        .witnessed(format!("SIGKILL to the service right behind the answer to hit {answered}"))
}

fn injection_is_data(seen: &Injected) -> Finding {
    let (claim, expected) = ("injection_is_data", "stored as they are, or refused; nothing executed");
    let stored = i64::try_from(seen.stored).unwrap_or(i64::MAX);
    let mut bad = seen.wrong.clone();
    bad.extend(seen.executed.then(|| "SQL was executed".to_owned()));
    bad.extend(seen.commanded.then(|| "the cache was commanded".to_owned()));
    bad.extend((seen.added != stored).then(|| format!("{} rows added for {stored} writes", seen.added)));
    if seen.stored == 0 && bad.is_empty() {
        return Finding::unproven(claim, expected, "every string was refused");
    }
    let observed = match bad.as_slice() {
        [] => format!("{stored} stored, {} refused", seen.refused),
        [first, ..] => format!("{} wrong, the first: {first}", bad.len()),
    };
    Finding::judge(claim, bad.is_empty(), expected, observed).witnessed(format!(
        "{} writes, each read from the database and from the cache",
        seen.stored + seen.refused
    ))
}
