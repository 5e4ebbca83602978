//! The words of a decision: one paragraph, composed from the lines and the shape alone.

use jiff::civil::Date;

use super::facts::RecordFacts;
use super::line::{Line, one_line};
use super::shape::{BundleShape, DrillMeta};

/// The paragraph that permits, without what only a record knows.
pub(super) fn permitted(shape: &BundleShape, lines: &[(String, Line)], today: Date) -> String {
    let shown = shown(shape, lines);
    let habits: Vec<String> = shown.iter().map(|drill| drill.habit_with_lesson()).collect();
    let all = shape.drills.len();
    let count = if shown.len() == all {
        format!("all {}", number(all))
    } else {
        format!("{} of {}", number(shown.len()), number(all))
    };
    format!("PERMITTED: {count} habits were shown: {}.{}", habits.join("; "), in_force(lines, today))
}

/// The paragraph that blocks for the lines that do not clear and for the objections to the record.
pub(super) fn blocked(
    shape: &BundleShape,
    lines: &[(String, Line)],
    objections: &[String],
    today: Date,
) -> String {
    let failing = reasons(shape, lines, today);
    let mut text = match failing.len() {
        0 => "BLOCKED".to_owned(),
        n => format!("BLOCKED: {} of {} drills did not pass", number(n), number(shape.drills.len())),
    };
    if !objections.is_empty() {
        let joint = if failing.is_empty() { ":" } else { "," };
        text = format!("{text}{joint} the evidence does not count: {}", objections.join("; "));
    }
    let sentences: String =
        failing.iter().map(|reason| format!(" {}.", reason.trim_end_matches('.'))).collect();
    format!("{}.{sentences}{}", text.trim_end_matches('.'), in_force(lines, today))
}

/// One reason a failing drill: what was expected and observed, the missing habit, the smallest change.
pub(super) fn reasons(shape: &BundleShape, lines: &[(String, Line)], today: Date) -> Vec<String> {
    let failing = lines.iter().filter(|(_, line)| !line.clears(today));
    failing.filter_map(|(id, line)| shape.drill(id).map(|drill| reason(drill, line))).collect()
}

fn reason(drill: &DrillMeta, line: &Line) -> String {
    let id = &drill.id;
    let what = match line {
        Line::Failed { .. } => format!("{id} failed, {line}"),
        Line::NotTestable(_) => format!("{id} is {line}"),
        Line::Waived { until, why } => format!("{id} has a waiver that expired on {until}: {why}"),
        Line::Error(why) => format!("{id} could not be judged: {why}"),
        Line::Pass | Line::Other(_) => format!("{id} says: {line}"),
    };
    let what = what.trim_end_matches('.');
    let habit = drill.habit_with_lesson();
    format!("{what}; missing habit: {habit}; smallest change that would unblock: {}", change(drill, line))
}

fn change(drill: &DrillMeta, line: &Line) -> String {
    match line {
        Line::NotTestable(_) => {
            return "describe it in the subject file, or carry a waiver with reason, approver and expiry date".into();
        }
        Line::Waived { .. } => return "make it testable, or have the waiver renewed".into(),
        Line::Error(_) => return "remove the cause named above and run the gate again".into(),
        _ => {}
    }
    let mut known: Vec<&str> =
        line.claims().iter().filter_map(|claim| drill.remedies.get(*claim)).map(String::as_str).collect();
    known.dedup();
    known.extend(drill.remedy.as_deref().filter(|_| known.is_empty()));
    match (known.as_slice(), line.claims().first()) {
        ([], Some(claim)) => format!("make {}.{claim} hold and run the gate again", drill.id),
        ([], None) => format!("make {} pass and run the gate again", drill.id),
        (known, _) => {
            let remedies: Vec<String> =
                known.iter().map(|remedy| one_line(remedy).trim_end_matches('.').to_owned()).collect();
            remedies.join("; and ")
        }
    }
}

/// The drills whose line is `pass`.
pub(super) fn shown<'a>(shape: &'a BundleShape, lines: &[(String, Line)]) -> Vec<&'a DrillMeta> {
    lines.iter().filter(|(_, line)| *line == Line::Pass).filter_map(|(id, _)| shape.drill(id)).collect()
}

/// The sentence that quotes the waivers in force, word by word; it starts with a blank. Empty without any.
pub(super) fn in_force(lines: &[(String, Line)], today: Date) -> String {
    let waivers: Vec<String> = lines
        .iter()
        .filter(|(_, line)| matches!(line, Line::Waived { .. }) && line.clears(today))
        .map(|(id, line)| format!("{id} {line}"))
        .collect();
    if waivers.is_empty() {
        return String::new();
    }
    format!(" Waivers in force: {}.", waivers.join("; "))
}

const CLAIMS_HELD: &str = " claims were examined and every one held.";
const SEEN: &str = " Each drill was seen to fail: ";

/// What only a record knows; it follows the permitting paragraph and starts with a blank.
pub(super) fn tail(shape: &BundleShape, lines: &[(String, Line)], facts: &RecordFacts) -> String {
    let drills = shown(shape, lines);
    let own = || drills.iter().filter_map(|drill| facts.drill(&drill.id));
    let claims: usize = own().map(|drill| drill.claims_examined).sum();
    let seen: Vec<String> =
        own().map(|drill| format!("{} under {}", drill.id, drill.caught.join(", "))).collect();
    format!(" {claims}{CLAIMS_HELD}{SEEN}{}.", seen.join("; "))
}

/// Whether a text has the form of [`tail`] for these lines. Its numbers and names cannot be known from the
/// bundle alone.
pub(super) fn is_tail(shape: &BundleShape, lines: &[(String, Line)], text: &str) -> bool {
    let parts = text.strip_prefix(' ').and_then(|text| text.strip_suffix('.'));
    let Some((claims, seen)) = parts.and_then(|text| text.split_once(&format!("{CLAIMS_HELD}{SEEN}"))) else {
        return false;
    };
    let drills = shown(shape, lines);
    let seen: Vec<&str> = seen.split("; ").collect();
    let named = |(drill, seen): (&&DrillMeta, &&str)| {
        let breaks = seen.strip_prefix(drill.id.as_str()).and_then(|rest| rest.strip_prefix(" under "));
        breaks.is_some_and(|breaks| breaks.split(", ").all(is_name))
    };
    claims.parse::<u32>().is_ok_and(|count| count > 0)
        && seen.len() == drills.len()
        && drills.iter().zip(&seen).all(named)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// A count as people write it.
pub(super) fn number(count: usize) -> String {
    const WORDS: [&str; 13] = [
        "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}
