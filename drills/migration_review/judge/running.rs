//! The claims that the trial decides.

use sor_gate::catalog::DigestDiff;
use sor_gate::migration::reading::{Action, Danger};
use sor_gate::verdict::Finding;

use super::Seen;
use crate::drills::migration_review::trial::Run;

pub fn applies(seen: &Seen<'_>) -> Finding {
    let claim = "applies";
    let trial = &seen.trial;
    let proposed: Vec<String> =
        seen.binding.proposes.iter().map(|(item, lines)| format!("{item} ({})", lines.join(", "))).collect();
    let expected = match proposed.as_slice() {
        [] => "the upgrade succeeds on tables that hold rows, and changes something".into(),
        some => format!("the upgrade succeeds on tables that hold rows, and gives {}", some.join("; ")),
    };
    if let Some(refused) = seen.refused() {
        return Finding::judge(claim, false, expected, refused);
    }
    let (Some(before), Some(after)) = (&trial.before, &trial.after_up) else {
        return Finding::unproven(claim, expected, "the catalog was not looked at");
    };
    let touched = touched_tables(seen);
    if let Some((table, _)) = touched.iter().find(|(_, rows)| *rows == 0) {
        let why = format!("{table} held no row; describe some in migration.fill or tenancy.insert");
        return Finding::unproven(claim, expected, why);
    }
    let mut wrong = Vec::new();
    for (item, lines) in &seen.binding.proposes {
        match after.items().iter().find(|found| found.to_string() == *item) {
            None => wrong.push(format!("{item} is not there")),
            Some(found) if found.lines != *lines => {
                wrong.push(format!("{item} has {} instead of {}", found.lines.join(", "), lines.join(", ")));
            }
            Some(_) => {}
        }
    }
    if let Some(Err(refusal)) = &trial.verified {
        wrong.push(format!("its own check was refused with {refusal}"));
    }
    let diff = before.diff(after);
    if seen.binding.proposes.is_empty() && diff.is_empty() && trial.rows_after_up.is_empty() {
        wrong.push("it changed nothing".into());
    }
    let observed = if wrong.is_empty() { diff.summary() } else { wrong.join("; ") };
    let rows: Vec<_> = touched.iter().map(|(table, rows)| format!("{table} held {rows} rows")).collect();
    Finding::judge(claim, wrong.is_empty(), expected, observed).witnessed(if rows.is_empty() {
        "it touches no table that was there before".into()
    } else {
        rows.join(", ")
    })
}

/// The tables that were there before and that the upgrade names, with their rows.
fn touched_tables<'a>(seen: &'a Seen<'_>) -> Vec<(&'a str, u64)> {
    let named = |table: &str| {
        let name: Vec<&str> = table.split('.').map(|part| part.trim_matches('"')).collect();
        seen.review.up.touched.iter().flat_map(|touched| &touched.objects).any(|object| {
            let object: Vec<&str> = object.iter().map(String::as_str).collect();
            object.starts_with(&name) || (object.len() < 3 && object.first() == name.last())
        })
    };
    let filled = seen.trial.filled.iter().filter(|(table, _)| named(table));
    filled.map(|(table, rows)| (table.as_str(), *rows)).collect()
}

/// Why the way back was not gone, if it was not.
fn not_back(run: &Option<Run>, step: &str) -> Option<String> {
    match run {
        Some(Ok(_)) => None,
        Some(Err(refusal)) => Some(format!("{step} was refused with {refusal}")),
        None => Some(format!("{step} was not tried")),
    }
}

/// What is declared as irreversible is not tried.
fn declared(claim: &str, expected: &str, why: &str) -> Finding {
    Finding::judge(claim, true, expected, format!("declared irreversible: {why}"))
        .witnessed("the subject's history")
}

/// A repeatable migration runs twice; any other that cannot be taken back runs once.
fn repeated(seen: &Seen<'_>, claim: &str, why: &str) -> Finding {
    let expected = "a second run gives the first result";
    match (&seen.trial.again, &seen.trial.after_up, &seen.trial.after_again) {
        (None, ..) => declared(claim, expected, why),
        (Some(Ok(_)), Some(first), Some(second)) => {
            let diff = first.diff(second);
            Finding::judge(claim, diff.is_empty(), expected, diff.summary())
                .witnessed(format!("{} catalog items after each of two runs", first.items().len()))
        }
        (run, ..) => {
            Finding::judge(claim, false, expected, not_back(run, "the second run").unwrap_or_default())
        }
    }
}

pub fn reverses(seen: &Seen<'_>) -> Finding {
    let (claim, expected) = ("reverses", "the catalog after the downgrade equals the one before");
    if let Some(refused) = seen.refused() {
        return Finding::unproven(claim, expected, refused);
    }
    if let Some(why) = &seen.irreversible {
        return declared(claim, expected, why);
    }
    if let Some(why) = not_back(&seen.trial.down, "the downgrade") {
        return Finding::judge(claim, false, expected, why);
    }
    let (Some(before), Some(after)) = (&seen.trial.before, &seen.trial.after_down) else {
        return Finding::unproven(claim, expected, "the catalog was not looked at");
    };
    let diff = before.diff(after);
    Finding::judge(claim, diff.is_empty(), expected, diff.summary())
        .witnessed(format!("{} catalog items compared, one by one", before.items().len()))
}

pub fn repeats(seen: &Seen<'_>) -> Finding {
    let (claim, expected) = ("repeats", "up, down and up again give the first result");
    if let Some(refused) = seen.refused() {
        return Finding::unproven(claim, expected, refused);
    }
    if let Some(why) = &seen.irreversible {
        return repeated(seen, claim, why);
    }
    if let Some(why) = not_back(&seen.trial.down, "the downgrade")
        .or_else(|| not_back(&seen.trial.again, "the second upgrade"))
    {
        return Finding::judge(claim, false, expected, why);
    }
    let trial = &seen.trial;
    let (Some(before), Some(first), Some(back), Some(second)) =
        (&trial.before, &trial.after_up, &trial.after_down, &trial.after_again)
    else {
        return Finding::unproven(claim, expected, "the catalog was not looked at");
    };
    // What the downgrade has left behind is the matter of `reverses`, and still there for the same reason.
    let left = before.diff(back);
    let again = first.diff(second);
    let new: Vec<_> = again
        .touched()
        .filter(|(_, kind, name, _)| !left.touched().any(|(_, k, n, _)| k == *kind && n == *name))
        .map(|(deed, kind, name, _)| format!("{deed} {kind} {name}"))
        .collect();
    let observed = if new.is_empty() { "the same".into() } else { new.join("; ") };
    Finding::judge(claim, new.is_empty(), expected, observed)
        .witnessed(format!("{} catalog items after each of two upgrades", first.items().len()))
}

pub fn preserves_data(seen: &Seen<'_>) -> Finding {
    let (claim, expected) =
        ("preserves_data", "every row of before is the same bytes, after up and after up and down");
    if let Some(refused) = seen.refused() {
        return Finding::unproven(claim, expected, refused);
    }
    let trial = &seen.trial;
    if trial.tables_before == 0 {
        return Finding::judge(claim, true, expected, "no table was there before")
            .witnessed("the catalog of before");
    }
    if trial.rows_before == 0 {
        return Finding::unproven(claim, expected, "no table held a row");
    }
    let allowed: Vec<&Danger> =
        seen.review.up.dangers.iter().filter(|danger| danger.allowed.is_some()).collect();
    let tell = |step: &str, found: &[DigestDiff]| {
        let kept = found.iter().filter(|diff| !allowed.iter().any(|danger| explains(danger, diff)));
        kept.map(|diff| format!("after {step}, {}: {}", diff.table, diff.what)).collect::<Vec<_>>()
    };
    let mut lost = tell("up", &trial.rows_after_up);
    lost.extend(tell("up and down", &trial.rows_after_down));
    let back = not_back(&trial.down, "the downgrade").filter(|_| seen.irreversible.is_none());
    if let (true, Some(why)) = (lost.is_empty(), back) {
        return Finding::unproven(claim, expected, why);
    }
    let observed =
        if lost.is_empty() { format!("{} rows unchanged", trial.rows_before) } else { lost.join("; ") };
    Finding::judge(claim, lost.is_empty(), expected, observed).witnessed(format!(
        "digests of {} rows in {} tables, taken three times",
        trial.rows_before, trial.tables_before
    ))
}

/// Whether an overridden statement is why these rows differ.
fn explains(danger: &Danger, diff: &DigestDiff) -> bool {
    let mut object: Vec<&str> = danger.object.split('.').collect();
    let column = (danger.action == Action::DropColumn).then(|| object.pop()).flatten();
    let table: Vec<&str> = diff.table.split('.').map(|part| part.trim_matches('"')).collect();
    table.ends_with(&object)
        && column.is_none_or(|column| {
            diff.what.starts_with(&format!("column {column} ")) || diff.what.contains("other rows")
        })
}

pub fn lock_safe(seen: &Seen<'_>) -> Finding {
    let claim = "lock_safe";
    let bound = seen.lock_wait_ms;
    let expected =
        format!("readers and writers wait at most {bound} ms, no table is rewritten, no hazard is read");
    if let Some(refused) = seen.refused() {
        return Finding::unproven(claim, expected, refused);
    }
    let trial = &seen.trial;
    let longest = trial.longest_wait_ms();
    let mut wrong = Vec::new();
    #[expect(clippy::cast_precision_loss, reason = "a bound in milliseconds is far below 2^52")]
    if longest > bound as f64 {
        wrong.push(format!("a bystander waited {longest:.0} ms"));
    }
    wrong.extend(trial.rewritten.iter().map(|table| format!("{table} was rewritten")));
    let hazards = seen.review.up.hazards.iter().filter(|hazard| hazard.locks);
    wrong.extend(hazards.map(|hazard| {
        format!("{}:{} {}: {}", seen.review.up_file, hazard.line, hazard.rule, hazard.message)
    }));
    let observed = if wrong.is_empty() { format!("longest wait {longest:.1} ms") } else { wrong.join("; ") };
    let mut finding = Finding::judge(claim, wrong.is_empty(), expected, observed);
    let how = if trial.held.held_open { "held at COMMIT" } else { "seen while it ran" };
    for (table, modes) in &trial.held.modes {
        finding = finding.witnessed(format!("{how}: {} on {table}", modes.join(", ")));
    }
    for bystander in &trial.held.bystanders {
        let blocked = if bystander.blocked { "was blocked by the migration" } else { "passed" };
        finding = finding.witnessed(format!(
            "a {} of {} {blocked}, {:.1} ms",
            bystander.what, bystander.table, bystander.waited_ms
        ));
    }
    if trial.held.modes.is_empty() {
        finding = finding.witnessed(format!("{how}: no lock on any table that was there before"));
    }
    finding
}
