//! Turns the case files, reports and plans into findings.

use std::collections::BTreeSet;
use std::time::Duration;

use sor_gate::forensics::{CaseFile, Cause, QUERIES, Report};
use sor_gate::session::Rows;
use sor_gate::subject::FailureKind;
use sor_gate::verdict::Finding;

use super::runs::{ALONE, BESIDE, HEALTHY};
use super::scale::{BOUND, Scale, wasteful};

/// How many different ways to fail are wanted.
const WAYS: usize = 4;

/// A run that was made to fail.
pub struct Failed {
    pub run: String,
    /// How, in words.
    pub kind: &'static str,
    pub expected: FailureKind,
    /// Words that the named cause must contain.
    pub words: Vec<String>,
    /// Proof that it was brought about; empty when it was not.
    pub witness: String,
}

/// A failed run and the report on it.
pub struct Failure {
    pub failed: Failed,
    pub report: Report,
}

/// Everything that was seen.
pub struct Seen {
    /// How many Workers were in mid-turn at one moment.
    pub overlap: i64,
    /// The healthy run, asked first.
    pub first: CaseFile,
    /// The same, asked again after another run.
    pub again: CaseFile,
    /// The run made at the same time.
    pub beside: CaseFile,
    /// The run made alone.
    pub alone: CaseFile,
    pub failures: Vec<Failure>,
    pub scale: Option<Scale>,
}

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        four_queries(&seen.first),
        scoped(seen),
        six_lines(&seen.failures),
        cause_right(&seen.failures),
        at_scale(seen.scale.as_ref()),
    ]
}

/// What happened, in one line.
pub fn line(seen: &Seen) -> String {
    let counts: Vec<String> = seen.first.answers.iter().map(|rows| rows.rows.len().to_string()).collect();
    let named = seen.failures.iter().filter(|failure| wrong(failure).is_none()).count();
    let slowest = seen.scale.as_ref().and_then(|scale| scale.queries.iter().max_by_key(|query| query.took));
    let scale = match (&seen.scale, slowest) {
        (Some(scale), Some(slowest)) => {
            format!(" Among {} events the slowest query took {}.", scale.events, millis(slowest.took))
        }
        _ => String::new(),
    };
    format!(
        "Four queries by run id answered {} rows. {named} of {} failed runs explained in six lines with the cause that was brought about.{scale}",
        counts.join(", "),
        seen.failures.len()
    )
}

fn four_queries(case: &CaseFile) -> Finding {
    let expected = "one run, its calls joined to their turns, its messages by status, its events in order";
    let calls = case.calls.iter().filter(|call| call.called).count();
    let messages: u64 = case.messages.iter().map(|group| group.count).sum();
    let mut wrong = Vec::new();
    if case.answers[0].rows.len() != 1 {
        wrong.push(format!("{} rows for the run", case.answers[0].rows.len()));
    }
    if calls == 0 {
        wrong.push(format!("{} turns and no call joined to them", case.calls.len()));
    }
    if messages == 0 {
        wrong.push("no message".into());
    }
    if case.events.is_empty() {
        wrong.push("no event".into());
    }
    if !ordered(&case.answers[3]) {
        wrong.push("the events are not in order of their ids".into());
    }
    let observed = if wrong.is_empty() {
        format!("1 run, {calls} calls, {messages} message(s), {} events", case.events.len())
    } else {
        wrong.join("; ")
    };
    Finding::judge("four_queries", wrong.is_empty(), expected, observed)
        .witnessed(format!("run {HEALTHY} was worked to its end by the subject's own Worker"))
}

/// Whether the `id` column grows from row to row; ids that are no numbers are left to the query.
fn ordered(events: &Rows) -> bool {
    let ids: Vec<i128> =
        events.all("id").unwrap_or_default().iter().filter_map(|id| id.parse().ok()).collect();
    ids.windows(2).all(|pair| pair[0] < pair[1])
}

fn scoped(seen: &Seen) -> Finding {
    let claim = "scoped";
    let expected = "the same answers whatever else was run, and nothing of another run in them";
    let mut wrong = Vec::new();
    for (at, name) in QUERIES.into_iter().enumerate() {
        let answers = |case: &CaseFile| case.answers[at].clone();
        if answers(&seen.first) != answers(&seen.again) {
            wrong.push(format!("{name} answers differently once another run was made"));
        }
        for (of, case, others) in
            [(HEALTHY, &seen.again, [BESIDE, ALONE]), (BESIDE, &seen.beside, [HEALTHY, ALONE])]
        {
            if let Some(other) = others.into_iter().find(|other| mentions(&case.answers[at], other)) {
                wrong.push(format!("{name} of {of} tells of {other}"));
            }
        }
    }
    for (at, column) in [(1, "call"), (3, "id")] {
        let ids = |case: &CaseFile| -> BTreeSet<String> {
            let all = case.answers[at].all(column).unwrap_or_default();
            all.into_iter().filter(|id| !id.is_empty()).collect()
        };
        let shared = ids(&seen.first).intersection(&ids(&seen.beside)).count();
        if shared > 0 {
            wrong.push(format!("{shared} rows stand in the answers for both runs"));
        }
    }
    let messages = |case: &CaseFile| case.messages.iter().map(|group| group.count).sum::<u64>();
    for case in [&seen.first, &seen.beside] {
        if messages(case) != messages(&seen.alone) {
            let (beside, alone) = (messages(case), messages(&seen.alone));
            wrong.push(format!("{beside} messages of a run beside another, {alone} of one made alone"));
        }
    }
    wrong.dedup();
    if wrong.is_empty() && (seen.overlap < 2 || seen.beside.run.is_none() || seen.alone.run.is_none()) {
        let why = format!("only {} Worker(s) were in mid-turn at one moment", seen.overlap);
        return Finding::unproven(claim, expected, why);
    }
    let rows: usize = seen.first.answers.iter().map(|rows| rows.rows.len()).sum();
    let observed = match wrong.as_slice() {
        [] => format!("{rows} rows, all of {HEALTHY}"),
        [first] => first.clone(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    };
    Finding::judge(claim, wrong.is_empty(), expected, observed).witnessed(format!(
        "{} Workers were in mid-turn at one moment, and a further run was made afterwards",
        seen.overlap
    ))
}

fn mentions(rows: &Rows, text: &str) -> bool {
    rows.rows.iter().flat_map(|row| &row.cells).flatten().any(|cell| cell.contains(text))
}

/// Why a failed run's cause is not the one that was brought about.
fn wrong(failure: &Failure) -> Option<String> {
    let Failure { failed, report } = failure;
    let told = report.root_cause.as_deref().unwrap_or("no cause");
    let of_kind = matches!(&report.cause, Cause::Known(kind, _) if *kind == failed.expected);
    let missing = failed.words.iter().find(|word| !told.to_lowercase().contains(&word.to_lowercase()));
    match (of_kind, missing) {
        (true, None) => None,
        (true, Some(word)) => Some(format!("{}: the cause does not say {word:?}: {told}", failed.kind)),
        (false, _) => Some(format!("{}: told as: {told}", failed.kind)),
    }
}

fn six_lines(failures: &[Failure]) -> Finding {
    let claim = "six_lines";
    let expected =
        "six lines about each failed run, the root cause in one sentence that names the failing call";
    if failures.is_empty() {
        return Finding::not_testable(claim, "forensics.failures");
    }
    let mut gaps = Vec::new();
    for Failure { failed, report } in failures {
        let missing = report.missing();
        if !missing.is_empty() {
            gaps.push(format!("{}: cannot tell {}", failed.kind, missing.join(", ").to_lowercase()));
        }
        if report.lines().iter().any(|(_, line)| line.is_some_and(|line| line.contains('\n'))) {
            gaps.push(format!("{}: more than six lines", failed.kind));
        }
    }
    let observed = match gaps.as_slice() {
        [] => format!("{} reports of six lines", failures.len()),
        gaps => gaps.join("; "),
    };
    let finding = Finding::judge(claim, gaps.is_empty(), expected, observed);
    failures.iter().filter_map(|failure| failure.report.root_cause.as_ref()).fold(finding, Finding::witnessed)
}

fn cause_right(failures: &[Failure]) -> Finding {
    let claim = "cause_right";
    let expected = format!("the cause that was brought about, for {WAYS} ways to fail");
    let ways: BTreeSet<FailureKind> = failures.iter().map(|failure| failure.failed.expected).collect();
    if ways.len() < WAYS {
        return Finding::not_testable(
            claim,
            format!("{WAYS} kinds of forensics.failures, {} are there", ways.len()),
        );
    }
    if let Some(Failure { failed, .. }) = failures.iter().find(|failure| failure.failed.witness.is_empty()) {
        return Finding::unproven(claim, expected, format!("{} could not be brought about", failed.kind));
    }
    let wrong: Vec<String> = failures.iter().filter_map(wrong).collect();
    let observed = match wrong.as_slice() {
        [] => format!("{} of {} causes named rightly", failures.len(), failures.len()),
        wrong => wrong.join("; "),
    };
    let finding = Finding::judge(claim, wrong.is_empty(), expected, observed);
    let brought =
        failures.iter().map(|failure| format!("{}: {}", failure.failed.kind, failure.failed.witness));
    brought.fold(finding, Finding::witnessed)
}

fn at_scale(scale: Option<&Scale>) -> Finding {
    let claim = "at_scale";
    let Some(scale) = scale else {
        return Finding::not_testable(claim, "forensics.others: how to add events of other runs");
    };
    let expected = format!("an index searched in every large table, and at most {} each", millis(BOUND));
    // The planner's count is an estimate (manual, 14.2.1).
    let asked = i64::try_from(scale.asked).unwrap_or(i64::MAX);
    if scale.events < asked - asked / 20 {
        let why = format!("only {} of {asked} events are there", scale.events);
        return Finding::unproven(claim, expected, why);
    }
    let mut wrong = Vec::new();
    for query in &scale.queries {
        if query.took > BOUND {
            wrong.push(format!("{} takes {}", query.name, millis(query.took)));
        }
        for scan in query.scans.iter().filter(|scan| wasteful(scan)) {
            wrong.push(format!(
                "{}: {} of {} reads past {} rows",
                query.name, scan.node, scan.table, scan.thrown_away
            ));
        }
        if query.scans.is_empty() {
            wrong.push(format!("{} reads no table", query.name));
        }
    }
    let times: Vec<String> =
        scale.queries.iter().map(|query| format!("{} {}", query.name, millis(query.took))).collect();
    let observed = if wrong.is_empty() { times.join(", ") } else { wrong.join("; ") };
    let indexes: BTreeSet<&str> = scale
        .queries
        .iter()
        .flat_map(|query| &query.scans)
        .filter_map(|scan| scan.index.as_deref())
        .collect();
    let used: Vec<&str> = indexes.into_iter().collect();
    Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(format!("{} events in the table", scale.events))
        .witnessed(format!("EXPLAIN (ANALYZE): indexes searched: {}", used.join(", ")))
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests;
