//! The claims that the texts decide, `scope` together with the catalog.

use sor_gate::catalog::Snapshot;
use sor_gate::migration::reading::{Action, Danger, Reading};
use sor_gate::verdict::Finding;

use super::Seen;
use crate::drills::migration_review::read::Review;

pub fn both_directions(seen: &Seen<'_>) -> Finding {
    let review = &seen.review;
    let does = |reading: Option<&Reading>| match reading {
        None => "missing".to_owned(),
        Some(reading) if !reading.does_something() => "does nothing".into(),
        Some(reading) => format!("{} statement(s)", reading.deeds.len()),
    };
    let (up, mut down) = (does(Some(&review.up)), does(review.down.as_ref()));
    let mut back = review.down.as_ref().is_some_and(Reading::does_something);
    if let Some(why) = &seen.irreversible {
        (back, down) = (true, format!("declared irreversible ({why})"));
    }
    let holds = review.up.does_something() && back;
    let mut finding = Finding::judge(
        "both_directions",
        holds,
        "an upgrade and a downgrade, both doing something",
        format!("upgrade: {up}; downgrade: {down}"),
    );
    for (file, reading) in
        [(Some(&review.up_file), Some(&review.up)), (review.down_file.as_ref(), review.down.as_ref())]
    {
        if let (Some(file), Some(reading)) = (file, reading) {
            finding = finding.witnessed(format!("{file}: {}", reading.deeds.join("; ")));
        }
    }
    finding
}

pub fn drop_guard(review: &Review) -> Finding {
    let tell = |file: &str, danger: &Danger| {
        let within = danger.within.as_ref().map(|within| format!(" in {within}")).unwrap_or_default();
        match danger.action {
            Action::Unreadable => format!("{file}:{}{within} {}", danger.line, danger.text),
            action => format!("{file}:{}{within}: {} {}", danger.line, action.id(), danger.object),
        }
    };
    let mut found: Vec<String> = review.up.unguarded().map(|danger| tell(&review.up_file, danger)).collect();
    let unguarded = review.called.iter().filter(|(_, danger)| danger.allowed.is_none());
    found.extend(
        unguarded.map(|(function, danger)| format!("{} calls {}", review.up_file, tell(function, danger))),
    );
    let observed = if found.is_empty() { "none".into() } else { found.join("; ") };
    let expected = "no DROP, TRUNCATE or unqualified DELETE going up without a named override";
    let mut finding = Finding::judge("drop_guard", found.is_empty(), expected, observed).witnessed(format!(
        "parsed {} ({} statements that do something) and {} existing function(s) that it calls",
        review.up_file,
        review.up.deeds.len(),
        review.functions_read
    ));
    let all = review.up.dangers.iter().chain(review.called.iter().map(|(_, danger)| danger));
    for (danger, allow) in all.filter_map(|danger| Some((danger, danger.allowed.as_ref()?))) {
        finding = finding.witnessed(format!(
            "override in line {}: {} {} because {}",
            allow.line,
            danger.action.id(),
            danger.object,
            allow.reason
        ));
    }
    for idle in review.up.idle_overrides() {
        let note =
            format!("the override in line {} allows nothing: {} {}", idle.line, idle.action, idle.object);
        finding = finding.witnessed(note);
    }
    finding
}

pub fn scope(seen: &Seen<'_>) -> Finding {
    let claim = "scope";
    let expected = format!("only {}", seen.scope_told);
    let declared = &seen.scope;
    let trial = &seen.trial;
    let catalogs: Vec<&Snapshot> = [&trial.before, &trial.after_up].into_iter().flatten().collect();
    let mut strays = Vec::new();
    let mut read = 0;
    let scripts = [
        (Some(&seen.review.up_file), Some(&seen.review.up)),
        (seen.review.down_file.as_ref(), seen.review.down.as_ref()),
    ];
    for (file, reading) in scripts.into_iter().filter_map(|(file, reading)| Some((file?, reading?))) {
        for touched in &reading.touched {
            read += 1;
            let all = touched.objects.iter().all(|object| declared.covers_named(object, &catalogs));
            if touched.objects.is_empty() || !all {
                strays.push(format!("{file}:{} {}", touched.line, touched.statement));
            }
        }
    }
    let mut items = 0;
    for (step, before, after) in
        [("up", &trial.before, &trial.after_up), ("down", &trial.after_up, &trial.after_down)]
    {
        let (Some(before), Some(after)) = (before, after) else { continue };
        for (deed, kind, identity, parent) in before.diff(after).touched() {
            items += 1;
            if !declared.covers(kind, identity, parent) {
                strays.push(format!("the catalog after {step}: {deed} {kind} {identity}"));
            }
        }
    }
    if strays.is_empty() && !trial.applied() {
        return Finding::unproven(claim, expected, seen.refused().unwrap_or_default());
    }
    let observed = if strays.is_empty() {
        format!("{items} catalog item(s) and {read} statement(s), all within")
    } else {
        format!("outside: {}", strays.join("; "))
    };
    Finding::judge(claim, strays.is_empty(), expected, observed)
        .witnessed(format!("{read} statement(s) read, {items} difference(s) of the catalog compared"))
}
