//! Turns what the calls saw into findings.

mod seen;
#[cfg(test)]
mod tests;

use sor_gate::fault::sweep::Sweep;
use sor_gate::verdict::Finding;

pub use seen::{AfterEnd, Answer, AtOnce, Conflict, Keyless, LostReply, OtherKey, Seen, Tenants, Twice};

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        serial_retry(&seen.serial, &seen.after_end),
        concurrent_retry(&seen.concurrent, seen.calibration),
        lost_commit_reply(&seen.lost, &seen.sweep),
        other_key_lands(&seen.other),
        payload_conflict(&seen.conflict),
        tenant_scoped(seen.tenants.as_ref()),
        key_required(seen.keyless.as_ref()),
    ]
}

fn serial_retry(seen: &Twice, after_end: &[AfterEnd]) -> Finding {
    let (claim, expected) = ("serial_retry", "delta +1, both calls answered alike");
    let alike = seen.first.landed() && seen.first.id() == seen.second.id() && seen.second.landed();
    let retried = seen.added == 1 && alike;
    let mut observed = format!(
        "delta +{}, first call answered {}, second {}",
        seen.added,
        seen.first.tell(),
        seen.second.tell()
    );
    if let (true, Some(vain)) = (retried, after_end.iter().find(|retry| !retry.ended)) {
        let why = format!("the key's end left its row as it was; {}", vain.tell());
        return Finding::unproven(claim, expected, why);
    }
    for retry in after_end {
        observed = format!("{observed}; {}", retry.tell());
    }
    Finding::judge(claim, retried && after_end.iter().all(AfterEnd::holds), expected, observed).witnessed(
        format!("two calls with one key, answers {} and {}", seen.first.tell(), seen.second.tell()),
    )
}

fn concurrent_retry(seen: &AtOnce, calibration: i64) -> Finding {
    let claim = "concurrent_retry";
    let calls = seen.answers.len();
    let expected = format!("delta +1 from {calls} sessions at once, no error");
    let refused: Vec<String> =
        seen.answers.iter().filter(|answer| !answer.landed()).map(Answer::tell).collect();
    let observed = match refused.first() {
        Some(first) => format!("delta +{}, {} of {calls} saw an error: {first}", seen.added, refused.len()),
        None => format!("delta +{}, no error", seen.added),
    };
    let holds = seen.added == 1 && refused.is_empty();
    if holds && seen.waited < i64::try_from(calls).unwrap_or(i64::MAX) {
        return Finding::unproven(
            claim,
            expected,
            format!("only {} of {calls} sessions overlapped", seen.waited),
        );
    }
    if holds && calibration < 2 {
        let why = format!("the unprotected variant left {calibration} row(s), so the race is not calibrated");
        return Finding::unproven(claim, expected, why);
    }
    Finding::judge(claim, holds, expected, observed)
        .witnessed(format!("{} sessions waited at one lock and were let go together", seen.waited))
        .witnessed(format!("calibrated: a look before the insert left {calibration} rows in the same set-up"))
}

fn lost_commit_reply(seen: &LostReply, sweep: &Sweep) -> Finding {
    let (claim, expected) = ("lost_commit_reply", "delta +1 after the retry, wherever the write was cut off");
    let Some(fault) = &seen.fault else {
        return Finding::unproven(claim, expected, "no reply to a COMMIT was lost");
    };
    if seen.landed != 1 {
        let why = format!("the unconfirmed write left {} row(s) before the retry", seen.landed);
        return Finding::unproven(claim, expected, why);
    }
    let mut observed = format!("delta +{}, the retry was answered {}", seen.added, seen.retry.tell());
    let wrong = sweep.wrong();
    let holds = seen.added == 1 && seen.retry.landed() && wrong.is_none();
    if let Some(wrong) = wrong {
        observed = format!("{observed}; {}; {wrong}", sweep.tell());
    }
    if let (true, Some(gap)) = (holds, sweep.gap()) {
        return Finding::unproven(claim, expected, format!("{}; {gap}", sweep.tell()));
    }
    Finding::judge(claim, holds, expected, observed)
        .witnessed(fault.clone())
        .witnessed("the row was there before the retry, though the caller had no answer")
        .witnessed(sweep.witness())
}

fn other_key_lands(seen: &OtherKey) -> Finding {
    let (claim, expected) = ("other_key_lands", "delta +1 for a second key");
    if seen.landed == 0 {
        return Finding::unproven(claim, expected, "the first key had not landed");
    }
    let observed = format!("delta +{}, answered {}", seen.added, seen.answer.tell());
    Finding::judge(claim, seen.added == 1, expected, observed)
        .witnessed(format!("the first key had landed {} row(s) before", seen.landed))
}

fn payload_conflict(seen: &Conflict) -> Finding {
    let claim = "payload_conflict";
    let expected = "the first row unchanged, and an answer that tells";
    if seen.before.len() != 1 {
        let why = format!("the first write left {} rows ({})", seen.before.len(), seen.first.tell());
        return Finding::unproven(claim, expected, why);
    }
    let unchanged = seen.before[0] == seen.after.first().map_or("", String::as_str);
    if let (true, Answer::Unclear(why)) = (unchanged, &seen.second) {
        return Finding::unproven(claim, expected, format!("what the caller was told cannot be told: {why}"));
    }
    let observed = match (unchanged, seen.told) {
        (false, _) => {
            format!("the first row was changed: {} became {}", seen.before[0], seen.after.join(", "))
        }
        (true, false) => format!("the row is unchanged, but the caller was answered {}", seen.second.tell()),
        (true, true) => "the row is unchanged, and the answer tells".into(),
    };
    Finding::judge(claim, unchanged && seen.told, expected, observed)
        .witnessed(format!("the second call carried another amount and was answered {}", seen.second.tell()))
}

fn tenant_scoped(seen: Option<&Tenants>) -> Finding {
    let Some(seen) = seen else {
        return Finding::not_testable("tenant_scoped", "the section [tenancy]");
    };
    let observed = format!("{} row(s), second tenant answered {}", seen.rows, seen.second.tell());
    Finding::judge("tenant_scoped", seen.rows == 2, "2 rows, one for each tenant", observed)
        .witnessed(format!("the first tenant's write was answered {}", seen.first.tell()))
}

fn key_required(seen: Option<&Keyless>) -> Finding {
    let claim = "key_required";
    let Some(seen) = seen else {
        let why = "the statements idempotency.write: a program cannot be given a key that is NULL";
        return Finding::not_testable(claim, why);
    };
    let expected = "refused with 23502 or 23514";
    if !seen.control.landed() {
        return Finding::unproven(
            claim,
            expected,
            format!("the same write with a key: {}", seen.control.tell()),
        );
    }
    let refused = match &seen.answer {
        Answer::Refused(refusal) => ["23502", "23514"].contains(&refusal.sqlstate.as_str()),
        _ => false,
    };
    Finding::judge(claim, refused && seen.added == 1, expected, seen.answer.tell())
        .witnessed("the same write with a key landed on the same connection")
}
