//! Whether a bundle's decision text agrees with the bundle's own lines.
//!
//! The text that this version would write is compared word by word. A text in other words (another version's,
//! or a person's) agrees when it gives the same verdict, names the same drills and quotes the same waivers.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::bundle::EvidenceBundle;
use super::line::Line;
use super::policy::day;
use super::shape::BundleShape;
use super::text;

/// Everything in which the text disagrees with the lines, one line each.
///
/// The day on which the text was written is not in the bundle, and a waiver in force then may have expired
/// since. So each day on which the answer can differ is tried, and agreement on one of them is enough.
pub(super) fn disagreements(shape: &BundleShape, bundle: &EvidenceBundle, now: Timestamp) -> Vec<String> {
    let mut found = Vec::new();
    for today in days(bundle, day(now)) {
        found = on_day(shape, bundle, today);
        if found.is_empty() {
            break;
        }
    }
    found
}

fn days(bundle: &EvidenceBundle, today: Date) -> Vec<Date> {
    let mut days = vec![Date::MIN, today];
    for (_, line) in &bundle.lines {
        if let Line::Waived { until, .. } = line
            && let Ok(after) = until.checked_add(1.day())
            && after < today
        {
            days.push(after);
        }
    }
    days
}

fn on_day(shape: &BundleShape, bundle: &EvidenceBundle, today: Date) -> Vec<String> {
    let lines = &bundle.lines;
    let given = bundle.release_decision.as_str();
    let clears = lines.iter().all(|(_, line)| line.clears(today)) && !text::shown(shape, lines).is_empty();
    let word = if clears { "PERMITTED" } else { "BLOCKED" };
    let Some(rest) = given.strip_prefix(word).filter(|rest| !rest.starts_with(is_word)) else {
        return vec![format!("its text does not start with {word}, which is what the lines say")];
    };
    if !rest.chars().any(char::is_alphanumeric) {
        return vec!["its text gives no reasons".to_owned()];
    }
    if clears { permitting(shape, lines, given, today) } else { blocking(shape, lines, given, today) }
}

fn permitting(shape: &BundleShape, lines: &[(String, Line)], given: &str, today: Date) -> Vec<String> {
    if let Some(rest) = given.strip_prefix(&text::permitted(shape, lines, today)) {
        let known = rest.is_empty() || text::is_tail(shape, lines, rest);
        return if known {
            Vec::new()
        } else {
            vec!["its text goes on after the end of the decision".to_owned()]
        };
    }
    let mut found = Vec::new();
    if names(given, "BLOCKED") {
        found.push("its text says both PERMITTED and BLOCKED".to_owned());
    }
    let waivers = text::in_force(lines, today);
    // The quote must end the text, or else a waiver cut short would still be found in it.
    let (own, behind) = match given.rfind(&waivers) {
        Some(at) => (&given[..at], &given[at + waivers.len()..]),
        None => (given, ""),
    };
    let quoted = own.len() < given.len() && (behind.is_empty() || text::is_tail(shape, lines, behind));
    if !waivers.is_empty() && !quoted {
        found.push("its text does not end with the waivers as the lines hold them".to_owned());
    }
    if ["waived until", "Waivers in force"].iter().any(|phrase| own.contains(phrase)) {
        found.push("its text quotes a waiver that no line holds".to_owned());
    }
    for sentence in own.replace("seen to fail", "").split(['.', ';']) {
        let ill = ["fail", "block", "missing", "not testable", "not proven", "not shown"];
        let sentence_low = sentence.to_lowercase();
        let named = lines.iter().filter(|(id, line)| *line == Line::Pass && names(sentence, id));
        if ill.iter().any(|word| sentence_low.contains(word)) {
            found.extend(named.map(|(id, _)| format!("its text speaks ill of {id}, whose line passes")));
        }
    }
    found
}

fn blocking(shape: &BundleShape, lines: &[(String, Line)], given: &str, today: Date) -> Vec<String> {
    if given == text::blocked(shape, lines, &[], today) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (id, line) in lines {
        let failing = !line.clears(today);
        if failing && !names(given, id) {
            found.push(format!("its text does not name {id}, whose line fails"));
        }
        if *line == Line::Pass && names(given, id) {
            found.push(format!("its text names {id}, whose line passes"));
        }
    }
    found
}

/// Whether a text holds this name as a word of its own.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(start, _)| {
        !text[..start].ends_with(is_word) && !text[start + name.len()..].starts_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
