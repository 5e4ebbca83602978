//! Turns what was seen at the boundary into findings.

mod seen;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sor_gate::mcp::{Answer, Form};
use sor_gate::verdict::Finding;

pub use seen::{
    Attempt, Disallowed, Environment, Garbage, LetThrough, Lists, Log, Privileges, ReadOnly, Seen, Sent,
    Smuggling, Text, Tried,
};

/// One finding a claim.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    vec![
        no_database_url(&seen.environment),
        allow_list(&seen.lists),
        disallowed_refused(&seen.disallowed, seen.strict),
        log_silence(&seen.disallowed),
        no_smuggling(&seen.smuggling, &seen.read_only),
        least_privilege(&seen.privileges),
        survives_garbage(&seen.garbage),
    ]
}

/// What happened, in one line.
pub fn line(seen: &Seen) -> String {
    let listed = seen.lists.listed.last().map_or(0, Vec::len);
    let disallowed = &seen.disallowed;
    let refused = disallowed.tried.iter().filter(|one| form(one, disallowed).is_some()).count();
    let log = match &disallowed.log {
        Some(log) if log.canaries == 2 => format!("{} statement(s) in the log meanwhile", log.between.len()),
        _ => "no log to tell".into(),
    };
    let first = disallowed.tried.first();
    let how = first.map_or("nothing", |one| one.name.as_str());
    let answer = first.map_or_else(String::new, |one| one.answer.to_string());
    format!(
        "{listed} tools listed, {} declared. {how} was answered with {answer}; {refused} of {} disallowed names refused, \
         {log}. SQL in {} string(s): run {} time(s).",
        seen.lists.declared.len(),
        disallowed.tried.len(),
        seen.smuggling.texts.len(),
        seen.smuggling.ran
    )
}

fn no_database_url(seen: &Environment) -> Finding {
    let claim = "no_database_url";
    let expected = "no way into the database in the Worker's environment, arguments, files and sockets";
    match seen {
        Environment::NotDescribed => Finding::not_testable(claim, "the sections [worker] and [journal]"),
        Environment::NotHeld(last) => {
            Finding::unproven(claim, expected, format!("the Worker did not stop at journal.hold: {last}"))
        }
        Environment::Seen { control: false, .. } => {
            Finding::unproven(claim, expected, "not even the server's own URL gets through from here")
        }
        Environment::Seen { pid, processes, variables, sockets, attempts, ways, .. } => {
            let observed = match ways.as_slice() {
                [] => "none".to_owned(),
                ways => ways.join(", "),
            };
            Finding::judge(claim, ways.is_empty(), expected, observed)
                .witnessed(format!(
                    "pid {pid} in mid-turn, {processes} process(es): {variables} variable(s) and {sockets} socket(s) looked at"
                ))
                .witnessed(format!("tried to connect from its environment: {}", attempts.join(", ")))
        }
    }
}

fn allow_list(seen: &Lists) -> Finding {
    let declared: BTreeSet<&str> = seen.declared.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for listed in &seen.listed {
        let names: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
        wrong.extend(names.difference(&declared).map(|name| format!("`{name}` is listed but not declared")));
        wrong.extend(declared.difference(&names).map(|name| format!("`{name}` is declared but not listed")));
        if names.len() < listed.len() {
            wrong.push("a name is listed twice".into());
        }
    }
    wrong.sort();
    wrong.dedup();
    let observed = if wrong.is_empty() { seen.declared.join(", ") } else { wrong.join("; ") };
    let holds = wrong.is_empty() && !seen.listed.is_empty();
    Finding::judge("allow_list", holds, format!("exactly {}", seen.declared.join(", ")), observed).witnessed(format!(
        "tools/list followed through all pages {} times, before and after every other call; list_changed came {} time(s)",
        seen.listed.len(),
        seen.changes
    ))
}

/// How a call was refused. A result that is not marked as an error is a refusal only where nothing was touched.
fn form(tried: &Tried, seen: &Disallowed) -> Option<Form> {
    let silent = seen.log.as_ref().is_some_and(|log| log.canaries == 2 && log.between.is_empty());
    match tried.answer.refusal(seen.declared.as_deref()) {
        Some(Form::DeclaredText) if !(silent && seen.untouched) => None,
        form => form,
    }
}

fn disallowed_refused(seen: &Disallowed, strict: bool) -> Finding {
    let expected = if strict { "every name refused with error -32602" } else { "every name refused" };
    let mut forms: Vec<String> = Vec::new();
    let mut through = Vec::new();
    for tried in &seen.tried {
        match form(tried, seen) {
            Some(form) if !strict || form == Form::Proper => forms.push(form.to_string()),
            _ => through.push(format!("{:?} was answered with {}", tried.name, tried.answer)),
        }
    }
    if !seen.untouched {
        through.push("the database was touched".into());
    }
    if let (Some(first), false) = (seen.tried.first(), seen.alike) {
        through
            .push(format!("{:?} was answered unlike a tool that nobody has: {}", first.name, first.answer));
    }
    forms.sort();
    forms.dedup();
    let observed = match through.as_slice() {
        [] => format!("{} names refused with {}", seen.tried.len(), forms.join(" or ")),
        [first] => first.clone(),
        [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
    };
    Finding::judge("disallowed_refused", through.is_empty() && !seen.tried.is_empty(), expected, observed)
        .witnessed(format!(
            "{} names called on one connection, which served an allowed call in between",
            seen.tried.len()
        ))
}

fn log_silence(seen: &Disallowed) -> Finding {
    let claim = "log_silence";
    let expected = "no statement between the two canaries";
    let Some(log) = &seen.log else {
        return Finding::unproven(claim, expected, "the server's log cannot be read");
    };
    if log.canaries < 2 {
        return Finding::unproven(
            claim,
            expected,
            format!("{} of 2 canaries in the server's log", log.canaries),
        );
    }
    let Some(control @ 1..) = seen.control else {
        return Finding::unproven(claim, expected, "an allowed call left no statement in the log either");
    };
    let observed = match log.between.first() {
        None => "none".to_owned(),
        Some(first) => format!("{} line(s), the first: {first}", log.between.len()),
    };
    Finding::judge(claim, log.between.is_empty(), expected, observed)
        .witnessed("both canaries, run as the server's role, stand in the server's log")
        .witnessed(format!("an allowed call left {control} statement(s) in the same log"))
}

fn no_smuggling(seen: &Smuggling, read_only: &ReadOnly) -> Finding {
    let claim = "no_smuggling";
    let expected =
        "every text stored literally or refused; the function never runs; the catalog stays the same";
    if !seen.unsampled.is_empty() {
        return Finding::not_testable(claim, format!("mcp.calls for {}", seen.unsampled.join(", ")));
    }
    if let Some(first) = seen.refused_samples.first() {
        return Finding::unproven(claim, expected, format!("a sample call was not accepted: {first}"));
    }
    if seen.control != 1 || seen.texts.is_empty() && read_only.tools.is_empty() {
        let why = format!("the function ran {} time(s) when the role called it", seen.control);
        return Finding::unproven(claim, expected, why);
    }
    if !read_only.tools.is_empty() && read_only.texts == 0 {
        let why = match read_only.changes.as_slice() {
            [] => "mcp.needs names no table with a row to lose",
            _ => "no call of mcp.calls hands a text to a tool of mcp.read_only",
        };
        return Finding::unproven(
            claim,
            expected,
            format!("the promise to change nothing was not tried: {why}"),
        );
    }
    let lost = seen.texts.iter().filter(|text| matches!(text.answer, Answer::Silence | Answer::Closed));
    let lost: Vec<&Text> = lost.collect();
    let accepted = seen.texts.iter().filter(|text| text.answer.accepted()).count();
    let mut wrong = Vec::new();
    if seen.ran != 0 {
        wrong.push(format!("smuggled SQL ran {} time(s)", seen.ran));
    }
    wrong.extend(seen.changed.iter().map(|change| format!("the catalog changed: {change}")));
    if let Some(first) = lost.first() {
        wrong.push(format!("{} call(s) were not answered, the first: {}", lost.len(), first.place));
    }
    wrong.extend(
        read_only
            .let_through
            .iter()
            .take(2)
            .map(|one| format!("{} let `{}` through: {}", one.place, one.text, one.changed.join(", "))),
    );
    if read_only.unanswered > 0 {
        wrong.push(format!("{} call(s) with a statement were not answered", read_only.unanswered));
    }
    let counts = format!(
        "{} texts: {accepted} accepted, {} refused, {} stand literally in a table",
        seen.texts.len(),
        seen.texts.len() - accepted,
        seen.stored
    );
    let observed = if wrong.is_empty() { counts.clone() } else { wrong.join("; ") };
    if wrong.is_empty() && seen.stored == 0 && !seen.texts.is_empty() {
        return Finding::unproven(claim, expected, format!("no text reached a table ({counts})"));
    }
    let finding = Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(format!("{} places of string arguments, {} texts", seen.places, seen.texts.len()))
        .witnessed(
            "called by the server's role in a transaction that was rolled back, the function was seen to run",
        );
    let (texts, tools) = (read_only.texts, read_only.tools.join(", "));
    match texts {
        0 => finding,
        _ => {
            finding.witnessed(format!("{tools} was handed {texts} statements by which the admin loses rows"))
        }
    }
}

fn least_privilege(seen: &Privileges) -> Finding {
    let claim = "least_privilege";
    let expected = "no attribute, ownership or privilege beyond what the tools need, and every attempt refused with 42501";
    if !seen.described {
        return Finding::not_testable(claim, "mcp.needs: the privileges that the tools need, by table");
    }
    if seen.control.is_empty() {
        return Finding::unproven(claim, expected, "no table that the tools read could be read");
    }
    let mut wrong = seen.attributes.clone();
    wrong.extend(seen.beyond.clone());
    for attempt in &seen.attempts {
        if !attempt.outcome.refused_with("42501") {
            wrong.push(format!("{} was answered with {}", attempt.sql, attempt.outcome));
        }
    }
    let observed = match wrong.as_slice() {
        [] => format!("{} holds what {} tables need and no more", seen.role, seen.tables),
        [a, b, c, _, rest @ ..] if !rest.is_empty() => format!("{a}; {b}; {c}; and {} more", wrong.len() - 3),
        some => some.join("; "),
    };
    Finding::judge(claim, wrong.is_empty(), expected, observed)
        .witnessed(format!("{} statements tried as {}", seen.attempts.len(), seen.role))
        .witnessed(format!("allowed on the same connection: {}", seen.control))
}

fn survives_garbage(seen: &Garbage) -> Finding {
    let expected =
        "a proper error for each request, still serving after each, an end after hanging up, no secret told";
    let mut wrong = Vec::new();
    for sent in &seen.sent {
        if !sent.serving {
            wrong.push(format!("no longer serving after {}", sent.what));
            break;
        }
        if !sent.proper() {
            wrong.push(format!("no proper error for {}", sent.what));
        }
    }
    if !seen.ended_after_hang_up {
        wrong.push("still running twenty seconds after its input was closed or it was told to stop".into());
    }
    wrong.extend(seen.leaks.iter().cloned());
    let observed = if wrong.is_empty() {
        format!("{} kinds of garbage survived, {} answers without a secret", seen.sent.len(), seen.answers)
    } else {
        wrong.join("; ")
    };
    let finding =
        Finding::judge("survives_garbage", wrong.is_empty() && !seen.sent.is_empty(), expected, observed);
    let finding = finding.witnessed(format!("{} kinds sent, tools/list asked after each", seen.sent.len()));
    if seen.unreachable {
        return finding.witnessed("a server with a password for a database that is not there was asked too");
    }
    finding
}
