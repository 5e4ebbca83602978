//! A drill's line in the bundle: the one place that writes and parses its forms.

use std::fmt;

use jiff::civil::Date;

use crate::verdict::{Finding, Verdict};

/// What a bundle says of one drill.
///
/// `Display` writes the form and [`Line::parse`] reads it; whatever does not read back to the same
/// text is [`Line::Other`], which never passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `pass`
    Pass,
    /// `<claim>: expected …, observed …`, then ` (also not shown: <claim>, …)` where there are more.
    Failed {
        /// The first claim that failed.
        claim: String,
        /// What had to hold.
        expected: String,
        /// What was seen.
        observed: String,
        /// The other claims that did not pass.
        also: Vec<String>,
    },
    /// `not testable: …`: the subject does not describe what the drill needs.
    NotTestable(String),
    /// `waived until YYYY-MM-DD: …`: in force to the end of that day, UTC.
    Waived {
        /// The last day on which it holds.
        until: Date,
        /// What is waived, why, and who approved it.
        why: String,
    },
    /// `error: …`: the harness could not tell.
    Error(String),
    /// A reason in a form of its own. It counts as a failure.
    Other(String),
}

const NOT_TESTABLE: &str = "not testable: ";
const WAIVED: &str = "waived until ";
const ERROR: &str = "error: ";
const EXPECTED: &str = ": expected ";
const OBSERVED: &str = ", observed ";
const ALSO: &str = " (also not shown: ";

impl Line {
    /// Reads a line; never fails, because a text of no known form is a reason too.
    pub fn parse(text: &str) -> Self {
        Self::by_form(text)
            .filter(|line| line.to_string() == text)
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    fn by_form(text: &str) -> Option<Self> {
        if text == "pass" {
            return Some(Self::Pass);
        }
        if let Some(why) = text.strip_prefix(NOT_TESTABLE) {
            return Some(Self::NotTestable(some(why)?));
        }
        if let Some(why) = text.strip_prefix(ERROR) {
            return Some(Self::Error(some(why)?));
        }
        if let Some(rest) = text.strip_prefix(WAIVED) {
            let (until, why) = rest.split_once(": ")?;
            return Some(Self::Waived { until: until.parse().ok()?, why: some(why)? });
        }
        let (claim, rest) = text.split_once(EXPECTED)?;
        let (expected, observed) = rest.split_once(OBSERVED)?;
        let (observed, also) = split_also(observed);
        is_claim_id(claim).then_some(())?;
        Some(Self::Failed { claim: some(claim)?, expected: some(expected)?, observed: some(observed)?, also })
    }

    /// A proven failure, with texts brought into one line.
    pub fn failed(claim: &str, expected: &str, observed: &str, also: Vec<String>) -> Self {
        // The first ", observed " of a line parts the two halves, so the first half may not hold one.
        let expected = one_line(expected).replace(OBSERVED, "; observed ");
        let observed = one_line(observed);
        Self::Failed { claim: claim.to_owned(), expected, observed, also }
    }

    /// The harness could not tell, in one line.
    pub fn error(why: &str) -> Self {
        Self::Error(one_line(why))
    }

    /// The subject does not describe it, in one line.
    pub fn not_testable(why: &str) -> Self {
        Self::NotTestable(one_line(why))
    }

    /// The line of a drill from its claims, without any waiver. No claims at all is an error.
    pub fn from_findings(findings: &[Finding]) -> Self {
        let settled: Vec<Finding> = findings.iter().cloned().map(Finding::settled).collect();
        let worst = Verdict::worst(settled.iter().map(|finding| finding.verdict));
        let open: Vec<&Finding> = settled.iter().filter(|f| f.verdict != Verdict::Pass).collect();
        let Some(first) = open.iter().find(|finding| finding.verdict == worst) else {
            return if settled.is_empty() { Self::error("no claim was examined") } else { Self::Pass };
        };
        let also: Vec<String> =
            open.iter().filter(|f| f.claim != first.claim).map(|f| f.claim.clone()).collect();
        let others = Also(&also);
        let observed = first.observed.as_str();
        match worst {
            Verdict::NotTestable => {
                let wanted = observed.strip_prefix(NOT_TESTABLE).unwrap_or(observed);
                Self::NotTestable(format!("{}: {}{others}", first.claim, one_line(wanted)))
            }
            Verdict::Error => Self::Error(format!("{}: {}{others}", first.claim, one_line(observed))),
            _ => Self::failed(&first.claim, &first.expected, observed, also),
        }
    }

    /// Whether this line lets a release through on `today` (a date in UTC).
    pub fn clears(&self, today: Date) -> bool {
        match self {
            Self::Pass => true,
            Self::Waived { until, .. } => *until >= today,
            _ => false,
        }
    }

    /// The claims that a line names, the decisive one first.
    pub fn claims(&self) -> Vec<&str> {
        match self {
            Self::Failed { claim, also, .. } => {
                std::iter::once(claim).chain(also).map(String::as_str).collect()
            }
            Self::NotTestable(why) | Self::Error(why) => {
                why.split_once(": ").map(|(claim, _)| claim).filter(|c| is_claim_id(c)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Failed { claim, expected, observed, also } => {
                write!(f, "{claim}{EXPECTED}{expected}{OBSERVED}{observed}{}", Also(also))
            }
            Self::NotTestable(why) => write!(f, "{NOT_TESTABLE}{why}"),
            Self::Waived { until, why } => write!(f, "{WAIVED}{until}: {why}"),
            Self::Error(why) => write!(f, "{ERROR}{why}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

struct Also<'a>(&'a [String]);

impl fmt::Display for Also<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "{ALSO}{})", self.0.join(", "))
    }
}

fn split_also(observed: &str) -> (&str, Vec<String>) {
    let parts = observed.strip_suffix(')').and_then(|text| text.rsplit_once(ALSO));
    match parts {
        Some((seen, list)) if list.split(", ").all(is_claim_id) => {
            (seen, list.split(", ").map(str::to_owned).collect())
        }
        _ => (observed, Vec::new()),
    }
}

fn is_claim_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn some(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// Brings any text into one line of at most 600 characters, without control characters.
pub fn one_line(text: &str) -> String {
    const LONGEST: usize = 600;
    let words: Vec<&str> = text.split(breaks_a_line_or_blank).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => "(nothing)".to_owned(),
        None => line,
    }
}

fn breaks_a_line_or_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back() {
        for text in [
            "pass",
            "unset_sees_none: expected 0 rows, observed 78 rows",
            "alice_only: expected 47 rows, observed 78 rows, observed twice (also not shown: bob_only, storm)",
            "not testable: the subject file has no [outbox]",
            "waived until 2027-01-31: not testable: four_queries",
            "error: the server died mid-drill",
        ] {
            let line = Line::parse(text);
            assert!(!matches!(line, Line::Other(_)), "{text}");
            assert_eq!(line.to_string(), text);
        }
    }

    #[test]
    fn a_half_form_is_a_reason_of_its_own() {
        for text in
            ["waived until soon: x", "waived until 2027-1-31: x", "error: ", "Pass", "x: expected 1", "ok"]
        {
            assert_eq!(Line::parse(text), Line::Other(text.to_owned()));
        }
    }

    #[test]
    fn findings_make_one_line_that_reads_back() {
        let findings = [
            Finding::judge("a", true, "x", "x").witnessed("w"),
            Finding::unproven("b", "x", "no overlap\nseen"),
            Finding::judge("c", false, "one, observed once", "two\n\trows"),
        ];
        let line = Line::from_findings(&findings);
        assert_eq!(line.to_string(), "c: expected one; observed once, observed two rows (also not shown: b)");
        assert_eq!(Line::parse(&line.to_string()), line);
        assert_eq!(Line::from_findings(&findings[..1]), Line::Pass);
        assert_eq!(Line::from_findings(&[]), Line::error("no claim was examined"));
        assert_eq!(
            Line::from_findings(&[Finding::judge("a", true, "x", "x")]),
            Line::Error("a: not proven: no witness that it was put to the test (x)".into())
        );
        let wanted = Line::from_findings(&[Finding::not_testable("q", "[runs] select")]);
        assert_eq!(wanted.to_string(), "not testable: q: [runs] select");
        assert_eq!(wanted.claims(), ["q"]);
    }

    #[test]
    fn a_waiver_ends_with_its_day() {
        let line = Line::parse("waived until 2027-01-31: x");
        assert!(line.clears("2027-01-31".parse().unwrap()));
        assert!(!line.clears("2027-02-01".parse().unwrap()));
    }
}
