//! Turns what the calls saw into findings.

use sor_gate::session::{Refusal, Row};
use sor_gate::verdict::Finding;

/// What a write answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A row: column names and values.
    Row(Vec<String>, Row),
    /// No row.
    Nothing,
    /// A refusal.
    Refused(Refusal),
}

impl Answer {
    /// A value of the answered row.
    pub fn cell(&self, column: &str) -> Option<&str> {
        let Self::Row(names, row) = self else { return None };
        row.cells[names.iter().position(|name| name == column)?].as_deref()
    }

    /// The first value of the answered row: by convention the id. Two calls are answered alike if it is equal.
    fn id(&self) -> Option<&str> {
        let Self::Row(_, row) = self else { return None };
        row.cells.first()?.as_deref()
    }

    fn landed(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    fn tell(&self) -> String {
        match self {
            Self::Row(..) => format!("id {}", self.id().unwrap_or("NULL")),
            Self::Nothing => "no row".into(),
            Self::Refused(refusal) => refusal.to_string(),
        }
    }
}

/// The same key twice.
pub struct Twice {
    pub first: Answer,
    pub second: Answer,
    pub added: i64,
}

/// The same key from many sessions.
pub struct AtOnce {
    pub answers: Vec<Answer>,
    pub waited: i64,
    pub added: i64,
}

impl AtOnce {
    /// How many sessions were refused.
    pub fn errors(&self) -> usize {
        self.answers.iter().filter(|answer| !answer.landed()).count()
    }
}

/// A write whose COMMIT was done and never confirmed, and its retry.
pub struct LostReply {
    pub fault: Option<String>,
    pub landed: usize,
    pub retry: Answer,
    pub added: i64,
}

/// A second key after a first.
pub struct OtherKey {
    pub landed: usize,
    pub answer: Answer,
    pub added: i64,
}

/// The same key with another payload.
pub struct Conflict {
    pub first: Answer,
    pub second: Answer,
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub told: bool,
}

/// One key, two tenants.
pub struct Tenants {
    pub first: Answer,
    pub second: Answer,
    pub rows: usize,
}

/// No key at all.
pub struct Keyless {
    pub answer: Answer,
    pub control: Answer,
    pub added: i64,
}

/// Everything that was seen.
pub struct Seen {
    pub serial: Twice,
    pub concurrent: AtOnce,
    pub calibration: i64,
    pub lost: LostReply,
    pub other: OtherKey,
    pub conflict: Conflict,
    pub tenants: Tenants,
    pub keyless: Keyless,
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        serial_retry(&seen.serial),
        concurrent_retry(&seen.concurrent, seen.calibration),
        lost_commit_reply(&seen.lost),
        other_key_lands(&seen.other),
        payload_conflict(&seen.conflict),
        tenant_scoped(&seen.tenants),
        key_required(&seen.keyless),
    ]
}

fn serial_retry(seen: &Twice) -> Finding {
    let alike = seen.first.landed() && seen.first.id() == seen.second.id() && seen.second.landed();
    let observed = format!(
        "delta +{}, first call answered {}, second {}",
        seen.added,
        seen.first.tell(),
        seen.second.tell()
    );
    Finding::judge("serial_retry", seen.added == 1 && alike, "delta +1, both calls answered alike", observed)
        .witnessed(format!(
            "two calls with one key, answers {} and {}",
            seen.first.tell(),
            seen.second.tell()
        ))
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

fn lost_commit_reply(seen: &LostReply) -> Finding {
    let (claim, expected) = ("lost_commit_reply", "delta +1 after the retry");
    let Some(fault) = &seen.fault else {
        return Finding::unproven(claim, expected, "no reply to a COMMIT was lost");
    };
    if seen.landed != 1 {
        let why = format!("the unconfirmed write left {} row(s) before the retry", seen.landed);
        return Finding::unproven(claim, expected, why);
    }
    let observed = format!("delta +{}, the retry was answered {}", seen.added, seen.retry.tell());
    Finding::judge(claim, seen.added == 1 && seen.retry.landed(), expected, observed)
        .witnessed(fault.clone())
        .witnessed("the row was there before the retry, though the caller had no answer")
}

fn other_key_lands(seen: &OtherKey) -> Finding {
    let observed = format!("delta +{}, answered {}", seen.added, seen.answer.tell());
    Finding::judge("other_key_lands", seen.added == 1, "delta +1 for a second key", observed)
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

fn tenant_scoped(seen: &Tenants) -> Finding {
    let observed = format!("{} row(s), second tenant answered {}", seen.rows, seen.second.tell());
    Finding::judge("tenant_scoped", seen.rows == 2, "2 rows, one for each tenant", observed)
        .witnessed(format!("the first tenant's write was answered {}", seen.first.tell()))
}

fn key_required(seen: &Keyless) -> Finding {
    let claim = "key_required";
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

#[cfg(test)]
mod tests {
    use sor_gate::verdict::Verdict;

    use super::*;

    fn row(id: &str) -> Answer {
        Answer::Row(vec!["id".into()], Row { cells: vec![Some(id.into())] })
    }

    #[test]
    fn a_second_row_or_another_answer_fails() {
        let seen = |second, added| Twice { first: row("1"), second, added };
        assert_eq!(serial_retry(&seen(row("1"), 1)).verdict, Verdict::Pass);
        assert_eq!(serial_retry(&seen(row("1"), 2)).verdict, Verdict::Fail);
        assert_eq!(serial_retry(&seen(row("2"), 1)).verdict, Verdict::Fail);
        assert_eq!(serial_retry(&seen(Answer::Nothing, 1)).verdict, Verdict::Fail);
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
    }
}
